package io.fairlead.server.internal.stack;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * Sends responses in the encoding of the method's policy. The transport leaves them as they are if
 * the client does not accept it.
 */
record CompressionInterceptor(String encoding) implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    call.setCompression(encoding);
    return next.startCall(call, headers);
  }

  @Override
  public String toString() {
    return "compression(" + encoding + ")";
  }
}
