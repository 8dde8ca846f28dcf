package io.fairlead.scaling;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Histories for tests: a sample every two seconds, at a rate that is served unless told. */
final class Histories {
  static final Instant NOW = Instant.parse("2026-01-02T03:00:00Z");
  private static final int STEP = 2;

  private final List<LoadSample> samples = new ArrayList<>();
  private final List<UnaryOperator<LoadSample.Builder>> parts = new ArrayList<>();

  /** Adds a stretch in which the load goes from one value to another. */
  Histories stretch(
      int seconds, double from, double to, int ready, UnaryOperator<LoadSample.Builder> change) {
    int count = seconds / STEP;
    for (int i = 1; i <= count; i++) {
      double load = from + (to - from) * i / count;
      parts.add(b -> change.apply(b.offered(load).served(load).instances(ready, 0)));
    }
    return this;
  }

  Histories stretch(int seconds, double load, int ready) {
    return stretch(seconds, load, load, ready, b -> b);
  }

  /** The samples, the last of which is at {@link #NOW}. */
  List<LoadSample> build() {
    samples.clear();
    for (int i = 0; i < parts.size(); i++) {
      Instant at = NOW.minusSeconds((long) STEP * (parts.size() - 1 - i));
      samples.add(parts.get(i).apply(LoadSample.builder(at)).build());
    }
    return List.copyOf(samples);
  }

  ScalingDecision decide(ScalingRule rule) {
    return rule.decide(build(), NOW);
  }
}
