package io.fairlead.balance.internal;

import io.grpc.Status;

/** What the end of a call says about the endpoint that served it. */
enum CallOutcomeClass {
  /** It answered, be it with an error that is the caller's business. */
  SUCCESS,
  /** It failed: it was down, broken, overloaded or too slow. */
  FAILURE,
  /** It had said nothing yet when a hedge that was sent later had its answer. */
  SUPERSEDED,
  /** Nothing can be said: the caller went away. */
  IGNORED;

  static CallOutcomeClass of(Status.Code code, boolean timedOut) {
    return switch (code) {
      case UNAVAILABLE,
          DEADLINE_EXCEEDED,
          INTERNAL,
          UNKNOWN,
          DATA_LOSS,
          RESOURCE_EXHAUSTED,
          UNIMPLEMENTED ->
          FAILURE;
      case CANCELLED -> timedOut ? FAILURE : IGNORED;
      default -> SUCCESS;
    };
  }
}
