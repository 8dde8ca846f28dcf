package io.fairlead.balance.internal;

import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.Code;

/**
 * What the end of a call says about the endpoint that served it.
 *
 * <p>This is the only place that says whether a failure is the endpoint's fault for ejection and
 * load figures. Which codes are faults is said by {@link Code#isEndpointFault}.
 */
enum CallOutcomeClass {
  /** It answered, perhaps with an error that only concerns the caller. */
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
