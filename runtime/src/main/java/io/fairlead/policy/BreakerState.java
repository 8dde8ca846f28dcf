package io.fairlead.policy;

/** What a breaker does now. Its methods may be called by many threads at once. */
sealed interface BreakerState permits ClosedState, OpenState, HalfOpenState {

  CircuitBreaker.Phase phase();

  /** Whether a call may pass; has no effect. */
  boolean admits(long nowNanos);

  /** Lets one call pass, if it may; a half-open state counts its probe. */
  boolean acquire(long nowNanos);

  /** The state after an outcome of a call that started at this time; this one, if none changes. */
  BreakerState after(Code code, String why, long startedNanos, long nowNanos);

  /** Takes back a call that started at this time, and whose outcome will never be known. */
  default void release(long startedNanos) {}

  /** The state that time alone has brought; this one, if none changes. */
  BreakerState at(long nowNanos);

  /** Whether nothing is lost if it is forgotten: as good as new, or not asked for very long. */
  boolean idle(long nowNanos);

  /** Why it stands so, for people. */
  String describe(long nowNanos);
}
