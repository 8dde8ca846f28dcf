package io.fairlead.client.internal.breaker;

import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * Refuses calls to something that fails too often, and finds out by a few probes when it is well
 * again. Safe for use by many threads, without locks; time is given by the caller.
 */
public final class CircuitBreaker {
  private static final AtomicReferenceFieldUpdater<CircuitBreaker, BreakerState> STATE =
      AtomicReferenceFieldUpdater.newUpdater(CircuitBreaker.class, BreakerState.class, "state");

  /** Hears of every move of a breaker, on the thread that caused it; it does not block. */
  @FunctionalInterface
  public interface Listener {
    /** Learns that the breaker has moved, and why, in words. */
    void stateChanged(Phase to, String why);
  }

  private static final long HOUR = 3_600_000_000_000L;

  private final CircuitBreakerPolicy policy;
  private final Listener listener;
  private volatile BreakerState state;

  /** A closed breaker that tells of its moves. */
  public CircuitBreaker(CircuitBreakerPolicy policy, long nowNanos, Listener listener) {
    this.policy = policy;
    this.listener = listener;
    // As if it had always been there: the call for which it is made has begun already.
    this.state = new ClosedState(policy, nowNanos - Math.min(policy.window().toNanos(), HOUR));
  }

  /** Returns whether a call may pass; has no effect. */
  public boolean admits(long nowNanos) {
    return state.admits(nowNanos);
  }

  /** Lets one call pass, if it may. Report its outcome with {@link #record}. */
  public boolean acquire(long nowNanos) {
    return notifyIfMoved(nowNanos).acquire(nowNanos);
  }

  /**
   * Takes the outcome of a call that was let through. For an outcome that says nothing, such as a
   * cancellation by the caller, call {@link #release} instead.
   *
   * @param why what a failure said of its cause, or empty; an open breaker passes it on
   * @param startedNanos when the call was let through
   */
  public void record(Code code, String why, long startedNanos, long nowNanos) {
    BreakerState seen = state;
    // Another thread may have moved it at the same time; one move is enough.
    move(seen, seen.after(code, why, startedNanos, nowNanos), nowNanos);
  }

  /**
   * Takes back a call that was let through and says nothing, e.g. because it never left: where it
   * was a probe, another call may be.
   *
   * @param startedNanos when the call was let through
   */
  public void release(long startedNanos) {
    state.release(startedNanos);
  }

  /** Closes it, as if it had seen no call. Calls under way do not count any more. */
  public void reset(long nowNanos, String why) {
    BreakerState before = STATE.getAndSet(this, new ClosedState(policy, nowNanos));
    if (before.phase() != Phase.CLOSED) {
      listener.stateChanged(Phase.CLOSED, why);
    }
  }

  /** Returns the present phase. */
  public Phase phase(long nowNanos) {
    return notifyIfMoved(nowNanos).phase();
  }

  /** Returns the reason for the present phase, in words. */
  public String describe(long nowNanos) {
    return notifyIfMoved(nowNanos).describe(nowNanos);
  }

  /** Lets time have its effect before a question is answered. */
  private BreakerState notifyIfMoved(long nowNanos) {
    BreakerState seen = state;
    BreakerState next = seen.at(nowNanos);
    return next == seen || move(seen, next, nowNanos) ? next : state;
  }

  /**
   * Moves to the next state, unless another thread has moved; the listener hears of new phases
   * only.
   */
  private boolean move(BreakerState seen, BreakerState next, long nowNanos) {
    if (next == seen || !STATE.compareAndSet(this, seen, next)) {
      return false;
    }
    if (next.phase() != seen.phase()) {
      listener.stateChanged(next.phase(), next.describe(nowNanos));
    }
    return true;
  }

  /** Returns whether it can be replaced by a new one: it has no outcomes, or is no longer used. */
  public boolean idle(long nowNanos) {
    return state.idle(nowNanos);
  }

  @Override
  public String toString() {
    return "CircuitBreaker[" + state.phase() + ", " + policy + "]";
  }
}
