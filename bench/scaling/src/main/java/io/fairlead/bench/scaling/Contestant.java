package io.fairlead.bench.scaling;

import io.fairlead.scaling.LoadSample;
import io.fairlead.scaling.ScalingDecision;
import io.fairlead.scaling.ScalingPolicy;
import io.fairlead.scaling.ScalingRule;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A rule, and how often it is asked. */
enum Contestant {
  OURS("Fairlead", 2) {
    @Override
    ScalingRule rule(Course course) {
      return ScalingRule.of(
          policy(1).toBuilder().startTime(Duration.ofSeconds(course.startSeconds)).build());
    }
  },
  NAIVE("⌈L/C⌉", 2) {
    @Override
    ScalingRule rule(Course course) {
      return Contestant::naive;
    }
  },
  HPA("HPA", 15) {
    @Override
    ScalingRule rule(Course course) {
      return ScalingRule.horizontalPodAutoscaler(policy(1));
    }
  },
  KNATIVE("Knative", 2) {
    @Override
    ScalingRule rule(Course course) {
      return ScalingRule.knative(policy(Run.LATENCY));
    }

    @Override
    boolean countsConcurrency() {
      return true;
    }
  },
  TARGET_TRACKING("target tracking", 60) {
    @Override
    ScalingRule rule(Course course) {
      return ScalingRule.targetTracking(policy(1));
    }
  },
  /** Knows the load to come: nobody is better and spends less. */
  ORACLE("oracle", 1) {
    @Override
    ScalingRule rule(Course course) {
      throw new UnsupportedOperationException("the oracle reads the course");
    }
  };

  private final String text;
  private final int tick;

  Contestant(String text, int tick) {
    this.text = text;
    this.tick = tick;
  }

  abstract ScalingRule rule(Course course);

  /** Whether the load is that of calls at once, not of calls a second. */
  boolean countsConcurrency() {
    return false;
  }

  /** Seconds between two decisions. */
  int tick(Course course) {
    return Math.max(tick, this == ORACLE ? 1 : course.step);
  }

  private static ScalingPolicy policy(double unit) {
    return ScalingPolicy.builder(Run.CAPACITY * unit).min(2).max(1_000).build();
  }

  /** The formula alone, on the last sample, with 0 for what is not known. */
  private static ScalingDecision naive(List<LoadSample> history, Instant now) {
    double load = history.get(history.size() - 1).offered().orElse(0);
    return new ScalingDecision(
        Math.max(2, (int) Math.ceil(load / Run.CAPACITY)), ScalingDecision.Kind.KEPT, "");
  }

  @Override
  public String toString() {
    return text;
  }
}
