/**
 * How calls are served: the stack of layers around each handler, and the life of a server from bind
 * to the last call.
 *
 * <p>Applications use {@link io.fairlead.RpcServer}; the public types here are the values that its
 * builder takes and the states that it shows.
 */
@NullMarked
package io.fairlead.server;

import org.jspecify.annotations.NullMarked;
