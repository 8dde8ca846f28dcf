package io.fairlead.client.internal.breaker;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import org.jspecify.annotations.Nullable;

/**
 * Refuses calls for a while. It has no counters: calls that were under way when the breaker opened
 * tell nothing new. The passing of time leads to {@link HalfOpenState}.
 */
final class OpenState implements BreakerState {
  private static final int LONGEST_REASON = 200;

  private final CircuitBreakerPolicy policy;
  private final int bad;
  private final int all;
  private final String last;
  private final String first;
  private final long since;

  /**
   * @param last the failure that opened it
   * @param first the failure that opened it before its probes failed; null if there were none
   */
  OpenState(
      CircuitBreakerPolicy policy,
      int bad,
      int all,
      String last,
      @Nullable String first,
      long nowNanos) {
    this.policy = policy;
    this.bad = bad;
    this.all = all;
    this.last = last;
    this.first = first == null ? last : first;
    this.since = nowNanos;
  }

  @Override
  public Phase phase() {
    return Phase.OPEN;
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
  public BreakerState after(Code code, String why, long startedNanos, long nowNanos) {
    return this; // calls that were under way when it opened tell nothing new
  }

  @Override
  public BreakerState at(long nowNanos) {
    return remainingNanos(nowNanos) <= 0 ? new HalfOpenState(policy, first, since, nowNanos) : this;
  }

  @Override
  public boolean idle(long nowNanos) {
    return BreakerState.isForgotten(policy, nowNanos - since);
  }

  @Override
  public String describe(long nowNanos) {
    return "open: "
        + bad
        + " of "
        + Plural.of(all, "call")
        + " failed, the last with "
        + last
        + (first.equals(last) ? "" : ", the first with " + first)
        + "; tries again in "
        + Durations.rough(Math.max(0, remainingNanos(nowNanos)));
  }

  private long remainingNanos(long nowNanos) {
    return policy.openFor().toNanos() - (nowNanos - since);
  }

  /** Returns a failure as this state repeats it to each call that it refuses: cut, if long. */
  static String failure(Code code, String why) {
    if (why.isEmpty()) {
      return code.toString();
    }
    boolean fits = why.length() <= LONGEST_REASON;
    return code + " (" + (fits ? why : why.substring(0, LONGEST_REASON) + "...") + ")";
  }
}
