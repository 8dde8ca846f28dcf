/**
 * How a channel makes calls: one stack of small layers over a channel of grpc-java.
 *
 * <p>For {@code RpcChannel}; nothing here is meant for applications.
 */
@NullMarked
package io.fairlead.client;

import org.jspecify.annotations.NullMarked;
