/**
 * Threads: which one runs a handler, and how a blocked event loop is found.
 *
 * <p>Code that may block runs on a {@link io.fairlead.internal.executor.HandlerExecutor}.
 * Everything else runs on event loops, where a check at each blocking method refuses, and a
 * detector reports code of the application that holds a loop.
 */
@NullMarked
package io.fairlead.internal.executor;

import org.jspecify.annotations.NullMarked;
