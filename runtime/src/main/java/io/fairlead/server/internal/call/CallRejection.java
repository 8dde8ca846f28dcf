package io.fairlead.server.internal.call;

import io.fairlead.internal.PushbackHeader;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.Objects;

/**
 * Why a call does not reach its handler: a status, and when the client may try again.
 *
 * @param pushbackMillis how long the client should wait before it tries again; negative says never,
 *     {@link #NO_PUSHBACK} says nothing
 */
public record CallRejection(Status status, long pushbackMillis) {
  static final long NO_PUSHBACK = Long.MIN_VALUE;

  public CallRejection {
    Objects.requireNonNull(status, "status");
  }

  public static CallRejection of(Status status) {
    return new CallRejection(status, NO_PUSHBACK);
  }

  /** Returns a rejection because of overload: the caller may retry, preferably elsewhere. */
  static CallRejection overloaded(String why) {
    return overloaded(why, PushbackHeader.UNKNOWN_MILLIS);
  }

  public static CallRejection overloaded(String why, long pushbackMillis) {
    return new CallRejection(Status.RESOURCE_EXHAUSTED.withDescription(why), pushbackMillis);
  }

  public void close(ServerCall<?, ?> call) {
    Metadata trailers = new Metadata();
    if (pushbackMillis != NO_PUSHBACK) {
      PushbackHeader.write(trailers, pushbackMillis);
    }
    QuietClose.closeQuietly(call, status, trailers);
  }
}
