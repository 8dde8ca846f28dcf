package io.fairlead.balance.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.observe.internal.AttemptResult;

/**
 * What a circuit breaker says to a pick: may a call go to this endpoint now? Asked on the thread
 * that makes the call or on an event loop, by many threads at once; it must not block and should
 * not allocate.
 */
public interface EndpointFilter {
  /** Lets every call pass. */
  EndpointFilter ALLOW_ALL = endpoint -> true;

  /** Whether a call may go there. Has no effect: it is asked of endpoints that are not chosen. */
  boolean allows(EndpointView endpoint);

  /** Why it rejects this endpoint, for people. Only asked when no endpoint could be chosen. */
  default String describe(EndpointView endpoint) {
    return "rejected";
  }

  /**
   * The endpoint has been chosen for a call; a half-open breaker counts its probe here. A pick is
   * made again, and this is called again, when the connection goes away between pick and call.
   *
   * @return whether it was counted, so that the end of the call may take it back
   */
  default boolean onPicked(EndpointView endpoint) {
    return false;
  }

  /**
   * An attempt at the endpoint has ended.
   *
   * @param counted what {@link #onPicked} said of it: only then is there a probe to take back
   */
  default void ended(EndpointView endpoint, AttemptResult result, boolean counted) {}
}
