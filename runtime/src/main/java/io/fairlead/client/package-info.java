/** A channel to a service: {@link io.fairlead.client.RpcChannel} and its builder. */
@NullMarked
package io.fairlead.client;

import org.jspecify.annotations.NullMarked;
