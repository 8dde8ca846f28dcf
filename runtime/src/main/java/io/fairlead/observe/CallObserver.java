package io.fairlead.observe;

/**
 * Hears what becomes of the calls of a channel.
 *
 * <p>It is called on the thread that ends the call, which may be an event loop, so it must not
 * block. What it throws is logged and has no effect on the call or on other observers. Outcomes are
 * made only for channels with an observer, so a channel without one pays nothing.
 */
@FunctionalInterface
public interface CallObserver {
  /** Receives a call that has ended, with success or failure. */
  void callEnded(CallOutcome outcome);

  /**
   * Returns a line to add to the explanation of a failed call, such as the id of its trace; an
   * empty text for none. Called after {@link #callEnded}, for failures only.
   */
  default String remark(CallOutcome failure) {
    return "";
  }

  /** Receives a failed call for which a fallback was served. Follows {@link #callEnded}. */
  default void fallbackServed(CallOutcome failure, FallbackKind kind) {}

  /** Receives a circuit breaker that has moved to another phase. */
  default void circuitBreakerChanged(CircuitBreakerStatus breaker) {}
}
