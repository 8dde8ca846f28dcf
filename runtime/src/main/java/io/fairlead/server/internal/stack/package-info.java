/** The layers around each handler, in order, and the threads that run them. */
@NullMarked
package io.fairlead.server.internal.stack;

import org.jspecify.annotations.NullMarked;
