package io.fairlead.client.internal.breaker;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;

/**
 * Lets calls pass and counts their outcomes.
 *
 * <p>Only a failure can open the breaker, so the window is summed at failures alone. Outcomes of
 * calls that began before the state did are ignored, since they tell of the time when the breaker
 * was open.
 */
final class ClosedState implements BreakerState {
  private final CircuitBreakerPolicy policy;
  private final long since;
  private final RollingOutcomeWindow window;

  ClosedState(CircuitBreakerPolicy policy, long nowNanos) {
    this.policy = policy;
    this.since = nowNanos;
    this.window = new RollingOutcomeWindow(policy.window().toNanos(), nowNanos);
  }

  @Override
  public Phase phase() {
    return Phase.CLOSED;
  }

  @Override
  public boolean admits(long nowNanos) {
    return true;
  }

  @Override
  public boolean acquire(long nowNanos) {
    return true;
  }

  @Override
  public BreakerState after(Code code, String why, long startedNanos, long nowNanos) {
    if (startedNanos - since < 0) {
      return this; // made before the breaker closed: it tells of the time when it was open
    }
    boolean failed = policy.codes().contains(code);
    window.add(failed, nowNanos);
    if (!failed) {
      return this; // a good outcome never opens it, so the window need not be summed
    }
    long sum = window.sum(nowNanos);
    int all = RollingOutcomeWindow.all(sum);
    int bad = RollingOutcomeWindow.bad(sum);
    return all >= policy.minimumSamples() && bad >= all * policy.failureRate()
        ? new OpenState(policy, bad, all, OpenState.failure(code, why), null, nowNanos)
        : this;
  }

  @Override
  public BreakerState at(long nowNanos) {
    return this;
  }

  @Override
  public boolean idle(long nowNanos) {
    return RollingOutcomeWindow.all(window.sum(nowNanos)) == 0;
  }

  @Override
  public String describe(long nowNanos) {
    long sum = window.sum(nowNanos);
    return "closed, "
        + RollingOutcomeWindow.bad(sum)
        + " of "
        + Plural.of(RollingOutcomeWindow.all(sum), "call")
        + " failed in "
        + Durations.format(policy.window());
  }
}
