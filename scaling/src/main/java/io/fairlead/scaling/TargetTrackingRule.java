package io.fairlead.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Target tracking as AWS describes it: two alarms on the mean load of an instance. */
final class TargetTrackingRule implements ScalingRule {
  private static final int MINUTES_ABOVE = 3;
  private static final int MINUTES_BELOW = 15;
  private static final double BELOW = 0.9;

  private final ScalingPolicy policy;

  TargetTrackingRule(ScalingPolicy policy) {
    this.policy = policy;
  }

  @Override
  public ScalingDecision decide(List<LoadSample> history, Instant now) {
    LoadHistory load = new LoadHistory(history, now, Duration.ofMinutes(MINUTES_BELOW));
    LoadSample last = load.last();
    if (!LoadHistory.isKnown(last) || last.ready() == 0) {
      return new ScalingDecision(
          last.instances(), ScalingDecision.Kind.FROZEN, "kept: there are no data");
    }
    double lately = load.meanLoad(60);
    int want = last.instances();
    String why = "kept";
    if (last.pending() == 0 && all(load, MINUTES_ABOVE, true)) {
      want = Math.max(want, (int) Math.ceil(lately / policy.capacity() - 1e-9));
      why = "above the target for 3 minutes";
    } else if (last.pending() == 0
        && load.span() >= 60 * MINUTES_BELOW - 1
        && all(load, MINUTES_BELOW, false)) {
      want = Math.min(want, (int) Math.ceil(lately / policy.capacity() - 1e-9));
      why = "below nine tenths of the target for 15 minutes";
    }
    return ScalingDecision.of(
        last.instances(),
        Math.max(policy.min(), Math.min(policy.max(), want)),
        String.format(Locale.ROOT, "%s: %.1f / %.1f", why, lately, policy.capacity()));
  }

  /** Whether each of the last minutes was above the target, or below nine tenths of it. */
  private boolean all(LoadHistory load, int minutes, boolean above) {
    for (int minute = 0; minute < minutes; minute++) {
      int from = load.firstWithin(60.0 * (minute + 1));
      int to = load.firstWithin(60.0 * minute);
      if (to <= from) {
        return false;
      }
      double ready = 0;
      for (int i = from; i < to; i++) {
        ready += load.get(i).ready();
      }
      double each = load.meanLoad(from, to) / Math.max(1, ready / (to - from));
      if (above ? each <= policy.capacity() : each >= policy.capacity() * BELOW) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return "target tracking";
  }
}
