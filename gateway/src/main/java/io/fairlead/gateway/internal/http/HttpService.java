package io.fairlead.gateway.internal.http;

import org.jspecify.annotations.Nullable;

/** Answers requests. Runs on event loops and does not block. */
@FunctionalInterface
public interface HttpService {
  /** Begins to answer a request, and returns who takes its body. */
  BodyReceiver begin(HttpExchange exchange);

  /** Returns whether gRPC itself is to be answered here at a path, and not by grpc-java. */
  default boolean takesGrpc(@Nullable CharSequence path) {
    return false;
  }
}
