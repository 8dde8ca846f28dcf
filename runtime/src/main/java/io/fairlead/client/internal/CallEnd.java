package io.fairlead.client.internal;

import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended, on its way from the attempts to the caller.
 *
 * @param decisive the attempt that ended the call, or null if none did
 * @param last the attempt from which all others can be reached, or null if there was none
 * @param status that the caller is to see
 * @param reason why there was no further attempt, or empty
 * @param byBreaker whether the breaker of the method did not let the call through
 * @param callerLeft whether the call ended because this side wished so, which is no failure
 */
record CallEnd(
    @Nullable AttemptTracer decisive,
    @Nullable AttemptTracer last,
    Status status,
    Metadata trailers,
    String reason,
    boolean byBreaker,
    boolean callerLeft) {

  /** Returns the end of a call that a layer did not let through. */
  static CallEnd refused(Status status, boolean byBreaker) {
    return new CallEnd(null, null, status, new Metadata(), "", byBreaker, false);
  }

  @SuppressWarnings("ReferenceEquality") // a short cut for the calls that end well
  CallEnd withStatus(Status other) {
    return other == status
        ? this
        : new CallEnd(decisive, last, other, trailers, reason, byBreaker, callerLeft);
  }
}
