package io.fairlead.policy;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;

/**
 * Refuses calls for a while. It has no counters: calls that were under way when the breaker opened
 * tell nothing new. The passing of time leads to {@link HalfOpenState}.
 */
final class OpenState implements BreakerState {
  private final CircuitBreakerPolicy policy;
  private final int bad;
  private final int all;
  private final Code last;
  private final long since;

  OpenState(CircuitBreakerPolicy policy, int bad, int all, Code last, long nowNanos) {
    this.policy = policy;
    this.bad = bad;
    this.all = all;
    this.last = last;
    this.since = nowNanos;
  }

  @Override
  public CircuitBreaker.Phase phase() {
    return CircuitBreaker.Phase.OPEN;
  }

  @Override
  public boolean admits(long nowNanos) {
    return remainingNanos(nowNanos) <= 0;
  }

  @Override
  public boolean acquire(long nowNanos) {
    return false;
  }

  @Override
  public BreakerState after(Code code, long startedNanos, long nowNanos) {
    return this; // calls that were under way when it opened tell nothing new
  }

  @Override
  public BreakerState at(long nowNanos) {
    return remainingNanos(nowNanos) <= 0 ? new HalfOpenState(policy, since, nowNanos) : this;
  }

  @Override
  public boolean idle(long nowNanos) {
    return policy.longIdle(nowNanos - since);
  }

  @Override
  public String describe(long nowNanos) {
    return "open: "
        + bad
        + " of "
        + Plural.of(all, "call")
        + " failed, the last with "
        + last
        + "; tries again in "
        + Durations.rough(Math.max(0, remainingNanos(nowNanos)));
  }

  private long remainingNanos(long nowNanos) {
    return policy.openFor().toNanos() - (nowNanos - since);
  }
}
