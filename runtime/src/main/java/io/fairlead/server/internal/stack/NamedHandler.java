package io.fairlead.server.internal.stack;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;

/**
 * A handler that we did not generate, with a name for the text of the stack; its own would be that
 * of a class of grpc-java.
 */
record NamedHandler<Q, R>(ServerCallHandler<Q, R> handler) implements ServerCallHandler<Q, R> {

  @Override
  public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
    return handler.startCall(call, headers);
  }

  @Override
  public String toString() {
    return "stock handler";
  }
}
