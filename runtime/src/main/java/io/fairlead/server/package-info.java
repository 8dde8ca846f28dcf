/** A server of services: {@link io.fairlead.server.RpcServer} and its builder. */
@NullMarked
package io.fairlead.server;

import org.jspecify.annotations.NullMarked;
