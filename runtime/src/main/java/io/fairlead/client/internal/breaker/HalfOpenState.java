package io.fairlead.client.internal.breaker;

import io.fairlead.internal.Plural;
import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets a few probes pass; all must succeed.
 *
 * <p>A probe that was cancelled never reports. So the state has a time limit, after which it begins
 * again with new probes; otherwise the breaker would stay half open for good.
 */
final class HalfOpenState implements BreakerState {
  private final CircuitBreakerPolicy policy;
  private final String first;
  private final long opened;
  private final long since;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger good = new AtomicInteger();

  /**
   * @param first the failure that opened the breaker
   * @param openedNanos when the breaker opened: what began before that is no probe. A probe's call
   *     may have begun before this state, which its own pick brings about.
   */
  HalfOpenState(CircuitBreakerPolicy policy, String first, long openedNanos, long nowNanos) {
    this.policy = policy;
    this.first = first;
    this.opened = openedNanos;
    this.since = nowNanos;
  }

  @Override
  public Phase phase() {
    return Phase.HALF_OPEN;
  }

  @Override
  public boolean admits(long nowNanos) {
    return sent.get() < policy.probes() || expired(nowNanos);
  }

  @Override
  public boolean acquire(long nowNanos) {
    // Counted first: two that race cannot both take the last probe.
    if (sent.incrementAndGet() <= policy.probes()) {
      return true;
    }
    sent.decrementAndGet();
    return false;
  }

  @Override
  public BreakerState after(Code code, String why, long startedNanos, long nowNanos) {
    if (startedNanos - opened < 0) {
      return this; // no probe: it was under way when the breaker opened
    }
    if (policy.codes().contains(code)) {
      int all = Math.max(1, sent.get());
      return new OpenState(
          policy,
          Math.max(1, all - good.get()),
          all,
          OpenState.failure(code, why),
          first,
          nowNanos);
    }
    return good.incrementAndGet() >= policy.probes() ? new ClosedState(policy, nowNanos) : this;
  }

  @Override
  public void release(long startedNanos) {
    if (startedNanos - opened >= 0) {
      sent.updateAndGet(probes -> Math.max(0, probes - 1));
    }
  }

  @Override
  public BreakerState at(long nowNanos) {
    return expired(nowNanos) ? new HalfOpenState(policy, first, opened, nowNanos) : this;
  }

  @Override
  public boolean idle(long nowNanos) {
    return BreakerState.isForgotten(policy, nowNanos - since);
  }

  @Override
  public String describe(long nowNanos) {
    return "half open: "
        + good.get()
        + " of "
        + Plural.of(policy.probes(), "probe")
        + " succeeded, "
        + Math.min(sent.get(), policy.probes())
        + " sent";
  }

  /** Probes that were cancelled never report; without this the breaker would stay as it is. */
  private boolean expired(long nowNanos) {
    return sent.get() >= policy.probes() && nowNanos - since >= policy.openFor().toNanos();
  }
}
