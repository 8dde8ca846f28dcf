package io.fairlead.observe;

/**
 * Hears what becomes of the calls of a channel. Called on the thread that ends the call, which may
 * be an event loop: it does not block. What it throws is logged and goes no further. An outcome is
 * only made where there is an observer.
 */
@FunctionalInterface
public interface CallObserver {
  /** Receives a call that has ended, with success or failure. */
  void callEnded(CallOutcome outcome);

  /** Receives a failed call for which a fallback was served. Follows {@link #callEnded}. */
  default void fallbackServed(CallOutcome failure, FallbackKind kind) {}

  /** Receives a circuit breaker that has moved to another phase. */
  default void circuitBreakerChanged(CircuitBreakerStatus breaker) {}
}
