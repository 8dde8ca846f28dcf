package io.fairlead.server;

import io.fairlead.policy.FailedAttempt;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.Objects;

/**
 * Why a call does not reach its handler.
 *
 * @param pushbackMillis how long the client should wait before it tries again; negative says never,
 *     {@link #NO_PUSHBACK} says nothing
 */
record Refusal(Status status, long pushbackMillis) {
  static final long NO_PUSHBACK = Long.MIN_VALUE;

  static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of(FailedAttempt.Pushback.HEADER, Metadata.ASCII_STRING_MARSHALLER);

  Refusal {
    Objects.requireNonNull(status, "status");
  }

  static Refusal of(Status status) {
    return new Refusal(status, NO_PUSHBACK);
  }

  /** Too much work now; worth another try, best on another instance. */
  static Refusal overloaded(String why) {
    return overloaded(why, FailedAttempt.Pushback.UNKNOWN_MILLIS);
  }

  static Refusal overloaded(String why, long pushbackMillis) {
    return new Refusal(Status.RESOURCE_EXHAUSTED.withDescription(why), pushbackMillis);
  }

  void close(ServerCall<?, ?> call) {
    Metadata trailers = new Metadata();
    if (pushbackMillis != NO_PUSHBACK) {
      trailers.put(PUSHBACK, Long.toString(pushbackMillis));
    }
    Calls.closeQuietly(call, status, trailers);
  }
}
