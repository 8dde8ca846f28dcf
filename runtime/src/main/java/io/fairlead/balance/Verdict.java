package io.fairlead.balance;

import io.grpc.Status;

/** What the end of a call says about the endpoint that served it. */
enum Verdict {
  /** It answered, be it with an error that is the caller's business. */
  ANSWERED,
  /** It failed: it was down, broken, overloaded or too slow. */
  FAULT,
  /** It had said nothing yet when a copy of the call that was sent later had its answer. */
  OVERTAKEN,
  /** Nothing can be said: the caller went away. */
  UNKNOWN;

  static Verdict of(Status.Code code, boolean timedOut) {
    return switch (code) {
      case UNAVAILABLE,
          DEADLINE_EXCEEDED,
          INTERNAL,
          UNKNOWN,
          DATA_LOSS,
          RESOURCE_EXHAUSTED,
          UNIMPLEMENTED ->
          FAULT;
      case CANCELLED -> timedOut ? FAULT : UNKNOWN;
      default -> ANSWERED;
    };
  }
}
