package io.fairlead.policy;

/** Refuses calls for a while. */
final class OpenState implements BreakerState {
  private final BreakerPolicy policy;
  private final int bad;
  private final int all;
  private final Code last;
  private final long since;

  OpenState(BreakerPolicy policy, int bad, int all, Code last, long nowNanos) {
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
    return left(nowNanos) <= 0;
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
    return left(nowNanos) <= 0 ? new HalfOpenState(policy, since, nowNanos) : this;
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
        + all
        + " calls failed, the last with "
        + last
        + "; tries again in "
        + Durations.rough(Math.max(0, left(nowNanos)));
  }

  private long left(long nowNanos) {
    return policy.openFor().toNanos() - (nowNanos - since);
  }
}
