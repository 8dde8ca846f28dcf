package io.fairlead.client.internal.breaker;

import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;

/**
 * What a breaker does now; one class for each phase.
 *
 * <p>A state decides what follows it, and {@link CircuitBreaker} moves to that. Its methods may be
 * called by many threads at once: what changes inside a state is a counter, and a change of state
 * makes a new object.
 */
sealed interface BreakerState permits ClosedState, OpenState, HalfOpenState {

  Phase phase();

  /** Returns whether a call may pass; has no effect. */
  boolean admits(long nowNanos);

  /** Lets one call pass, if it may; a half-open state counts its probe. */
  boolean acquire(long nowNanos);

  /**
   * Returns the state after an outcome of a call that started at this time; this one, if none
   * changes.
   */
  BreakerState after(Code code, String why, long startedNanos, long nowNanos);

  /** Takes back a call that started at this time, and whose outcome will never be known. */
  default void release(long startedNanos) {}

  /** Returns the state that time alone has brought; this one, if none changes. */
  BreakerState at(long nowNanos);

  /**
   * Returns whether nothing is lost if it is forgotten: as good as new, or not asked for very long.
   */
  boolean idle(long nowNanos);

  /** Returns the reason for the present phase, in words. */
  String describe(long nowNanos);

  /** Returns whether a state of this age is unused, because its endpoint has gone. */
  static boolean isForgotten(CircuitBreakerPolicy policy, long ageNanos) {
    return ageNanos / 10 > policy.window().toNanos() + policy.openFor().toNanos();
  }
}
