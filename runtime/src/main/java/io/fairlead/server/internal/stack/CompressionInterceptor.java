package io.fairlead.server.internal.stack;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * Sends responses in the encoding of the request.
 *
 * <p>A client that used the encoding can read it, so nothing has to be negotiated. The transport
 * checks that the client accepts it.
 */
final class CompressionInterceptor implements ServerInterceptor {
  private final String encoding;

  CompressionInterceptor(String encoding) {
    this.encoding = encoding;
  }

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
