package io.fairlead.observe;

/**
 * Hears what becomes of the calls of a channel. Called on the thread that ends the call, which may
 * be an event loop: it does not block. What it throws is logged and goes no further. An outcome is
 * only made where there is an observer.
 */
@FunctionalInterface
public interface CallObserver {
  /** A call has ended, well or not. */
  void callEnded(CallOutcome outcome);

  /** A fallback was served for this failed call. Follows {@link #callEnded}. */
  default void fallbackServed(CallOutcome failure, FallbackKind kind) {}

  /** A circuit breaker has moved to another phase. */
  default void circuitBreakerChanged(CircuitBreakerStatus breaker) {}
}
