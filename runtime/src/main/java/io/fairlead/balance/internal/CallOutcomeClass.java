package io.fairlead.balance.internal;

import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.Code;

/** What the end of a call says about the endpoint that served it. */
enum CallOutcomeClass {
  /** It answered, be it with an error that is the caller's business. */
  SUCCESS,
  /** It failed: it was down, broken, overloaded or too slow. */
  FAILURE,
  /** It had said nothing yet when a hedge that was sent later had its answer. */
  SUPERSEDED,
  /**
   * Nothing can be said: the caller went away, or its time went by before there was a connection.
   */
  IGNORED;

  static CallOutcomeClass of(AttemptResult result) {
    if (result.ranOutWhileWaiting()) {
      return IGNORED; // the endpoint is not judged by the client's own start
    }
    if (result.code().isEndpointFault()) {
      return FAILURE;
    }
    if (result.code() != Code.CANCELLED) {
      return SUCCESS;
    }
    return result.superseded() && !result.answered() ? SUPERSEDED : IGNORED;
  }
}
