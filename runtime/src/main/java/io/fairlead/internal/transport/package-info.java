/**
 * Netty: event loops, transports and keep-alive of connections.
 *
 * <p>The classes here use internals of grpc-java and hooks of Netty, and are kept apart for that
 * reason: a new version of either is checked here first.
 */
@NullMarked
package io.fairlead.internal.transport;

import org.jspecify.annotations.NullMarked;
