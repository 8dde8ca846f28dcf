/**
 * Connect, gRPC-Web and REST on the port that a server uses for gRPC.
 *
 * <p>{@link io.fairlead.gateway.Gateway} is given to {@code RpcServer.builder(…).gateway(…)}.
 */
@NullMarked
package io.fairlead.gateway;

import org.jspecify.annotations.NullMarked;
