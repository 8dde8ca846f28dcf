/** Threads: which one runs a handler, and how a blocked event loop is found. */
@NullMarked
package io.fairlead.internal.executor;

import org.jspecify.annotations.NullMarked;
