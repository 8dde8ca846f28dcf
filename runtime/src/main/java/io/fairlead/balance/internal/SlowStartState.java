package io.fairlead.balance.internal;

import io.fairlead.balance.BalancingOptions.SlowStart;

/**
 * Since when an endpoint warms up, and which share of its calls it takes meanwhile.
 *
 * <p>Part of one {@link ManagedEndpoint}, and used in the synchronization context alone.
 */
final class SlowStartState {
  private final SlowStart policy;
  private final LoadStats load;
  private long since;
  private boolean warming;

  SlowStartState(SlowStart policy, LoadStats load) {
    this.policy = policy;
    this.load = load;
  }

  /** Begins, if the channel has a slow start; returns whether the endpoint warms up now. */
  boolean start(long sinceNanos, long nowNanos) {
    since = sinceNanos;
    warming = policy.isEnabled();
    update(nowNanos);
    return warming;
  }

  /** Whether the endpoint takes only a share of its calls. */
  boolean isWarming() {
    return warming;
  }

  /** Computes the share anew; called about every second. */
  void update(long nowNanos) {
    if (warming) {
      load.share(policy.share(nowNanos - since));
      warming = load.share() < 1;
    } else if (load.share() != 1) {
      load.share(1);
    }
  }
}
