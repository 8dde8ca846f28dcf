package io.fairlead.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * The decisions of Knative's autoscaler with its defaults. Its state, whether it panics and the
 * most that it wanted meanwhile, is computed by going through the history.
 */
final class KnativeRule implements ScalingRule {
  private static final double STABLE_SECONDS = 60;
  private static final double PANIC_SECONDS = 6;
  private static final double PANIC_THRESHOLD = 2;
  private static final double MAX_SCALE_UP = 1000;
  private static final double MAX_SCALE_DOWN = 2;

  private final ScalingPolicy policy;

  KnativeRule(ScalingPolicy policy) {
    this.policy = policy;
  }

  @Override
  public ScalingDecision decide(List<LoadSample> history, Instant now) {
    LoadHistory load = new LoadHistory(history, now, Duration.ofMinutes(5));
    if (!LoadHistory.isKnown(load.last())) {
      return new ScalingDecision(
          load.last().instances(), ScalingDecision.Kind.FROZEN, "kept: there are no data");
    }
    // It begins in panic, so that lost history cannot make it shrink.
    boolean panic = true;
    double panicAge = load.span();
    int most = load.get(0).instances();
    int wanted = most;
    int stableFrom = 0;
    int panicFrom = 0;
    for (int i = 0; i < load.size(); i++) {
      while (load.age(stableFrom) >= load.age(i) + STABLE_SECONDS) {
        stableFrom++;
      }
      while (load.age(panicFrom) >= load.age(i) + PANIC_SECONDS) {
        panicFrom++;
      }
      if (!LoadHistory.isKnown(load.get(i))) {
        continue;
      }
      int ready = Math.max(1, load.get(i).ready());
      int upper = (int) Math.ceil(MAX_SCALE_UP * ready);
      int lower = (int) Math.floor(ready / MAX_SCALE_DOWN);
      int rawPanic = pods(load.meanLoad(panicFrom, i + 1));
      int stablePods = Math.min(Math.max(pods(load.meanLoad(stableFrom, i + 1)), lower), upper);
      int panicPods = Math.min(Math.max(rawPanic, lower), upper);
      if ((double) rawPanic / ready >= PANIC_THRESHOLD) {
        panic = true;
        panicAge = load.age(i);
      } else if (panic && panicAge - load.age(i) > STABLE_SECONDS) {
        panic = false;
        most = 0;
      }
      wanted = stablePods;
      if (panic) {
        most = Math.max(most, Math.max(stablePods, panicPods));
        wanted = most;
      }
    }
    int want = Math.max(policy.min(), Math.min(policy.max(), wanted));
    return ScalingDecision.of(
        load.last().instances(),
        want,
        String.format(
            Locale.ROOT,
            "%s: %.1f in 60 s and %.1f in 6 s / %.1f",
            panic ? "panic" : "stable",
            load.meanLoad(STABLE_SECONDS),
            load.meanLoad(PANIC_SECONDS),
            policy.capacity()));
  }

  private int pods(double load) {
    return (int) Math.ceil(load / policy.capacity() - 1e-9);
  }

  @Override
  public String toString() {
    return "Knative";
  }
}
