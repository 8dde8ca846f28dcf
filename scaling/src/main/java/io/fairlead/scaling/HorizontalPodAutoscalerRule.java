package io.fairlead.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * The published formula of the Horizontal Pod Autoscaler, with its default behavior. Its state, the
 * recommendations of the last five minutes, is computed from the history.
 */
final class HorizontalPodAutoscalerRule implements ScalingRule {
  private static final double TOLERANCE = 0.1;
  private static final double PERIOD_SECONDS = 15;
  private static final double STABILIZATION_SECONDS = 300;
  private static final int PODS_A_PERIOD = 4;

  private final ScalingPolicy policy;

  HorizontalPodAutoscalerRule(ScalingPolicy policy) {
    this.policy = policy;
  }

  @Override
  public ScalingDecision decide(List<LoadSample> history, Instant now) {
    LoadHistory load = new LoadHistory(history, now, Duration.ofMinutes(6));
    int replicas = load.last().instances();
    if (!LoadHistory.isKnown(load.last())) {
      return new ScalingDecision(
          replicas, ScalingDecision.Kind.FROZEN, "kept: the metric is not available");
    }
    int wanted = recommended(load, load.size() - 1);
    int highest = wanted;
    // Before there was any recommendation, the number that ran counts as one.
    if (load.span() < STABILIZATION_SECONDS) {
      highest = Math.max(highest, load.get(0).instances());
    }
    double next = 0;
    for (int i = load.size() - 1; i >= 0 && load.age(i) < STABILIZATION_SECONDS; i--) {
      if (load.age(i) >= next && LoadHistory.isKnown(load.get(i))) {
        highest = Math.max(highest, recommended(load, i));
        next += PERIOD_SECONDS;
      }
    }
    int stable = wanted >= replicas ? wanted : Math.min(replicas, highest);
    int limit = upLimit(load, replicas);
    int want = Math.max(policy.min(), Math.min(policy.max(), Math.min(stable, limit)));
    return ScalingDecision.of(
        replicas,
        want,
        String.format(
            Locale.ROOT,
            "%.1f / %.1f for %d replicas: %d recommended, %d after stabilization",
            mean(load, load.size() - 1),
            policy.capacity(),
            replicas,
            wanted,
            want));
  }

  /** The formula, as of one sample: nothing within the tolerance, else ⌈total / target⌉. */
  private int recommended(LoadHistory load, int index) {
    int replicas = load.get(index).instances();
    double total = mean(load, index);
    if (replicas > 0 && Math.abs(total / (policy.capacity() * replicas) - 1) <= TOLERANCE + 1e-12) {
      return replicas;
    }
    return (int) Math.ceil(total / policy.capacity() - 1e-9);
  }

  /** The metric is an average over the period before. */
  private static double mean(LoadHistory load, int index) {
    return load.meanLoad(load.firstWithin(load.age(index) + PERIOD_SECONDS), index + 1);
  }

  /** The larger of a doubling and four pods, from what there was a period ago. */
  private static int upLimit(LoadHistory load, int replicas) {
    int added = 0;
    for (int i = Math.max(1, load.firstWithin(PERIOD_SECONDS)); i < load.size(); i++) {
      added += Math.max(0, load.get(i).instances() - load.get(i - 1).instances());
    }
    int before = replicas - added;
    return Math.max(before * 2, before + PODS_A_PERIOD);
  }

  @Override
  public String toString() {
    return "HPA";
  }
}
