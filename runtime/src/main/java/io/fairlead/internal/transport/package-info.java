/** Netty: event loops, transports and keep-alive of connections. */
@NullMarked
package io.fairlead.internal.transport;

import org.jspecify.annotations.NullMarked;
