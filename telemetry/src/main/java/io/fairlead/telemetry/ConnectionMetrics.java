package io.fairlead.telemetry;

import io.grpc.ConnectivityState;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * What is counted of the connections of channels and of the choice among them, by the names of gRFC
 * A94, A91 and A78.
 */
final class ConnectionMetrics {
  /** A target's own series: four of A94, two for each rule of A91, and four of A78. */
  private static final int SERIES_OF_TARGET = 16;

  /** Connections were ejected already as far as the policy lets them. */
  private static final String OVERFLOW = "max_ejection_overflow";

  private final SeriesTable<String, Target> targets;
  private final Target other = new Target();

  ConnectionMetrics(Predicate<String> filter, SeriesLimit limit) {
    this.targets = new SeriesTable<>(Target::new, limit, SERIES_OF_TARGET, filter, name -> other);
  }

  /** The series of one target. */
  private static final class Target {
    final LongAdder opened = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder lost = new LongAdder();
    final LongAdder fallbacks = new LongAdder();
    final LongAdder notYetUsable = new LongAdder();
    final LongAdder stale = new LongAdder();
    final Histogram weights = new Histogram(BucketLayout.WEIGHTS);
    final SeriesTable<String, LongAdder> enforced = SeriesTable.unlimited(LongAdder::new);
    final SeriesTable<String, LongAdder> unenforced = SeriesTable.unlimited(LongAdder::new);
  }

  private Target of(String target) {
    return targets.get(CanonicalTargets.of(target));
  }

  void changed(String target, ConnectivityState now) {
    Target series = of(target);
    switch (now) {
      case READY -> series.opened.increment();
      case TRANSIENT_FAILURE -> series.failed.increment();
      case IDLE, SHUTDOWN -> series.lost.increment();
      case CONNECTING -> {}
    }
  }

  void weightsUpdated(String target, double[] weights, int stale) {
    Target series = of(target);
    int unusable = 0;
    for (double weight : weights) {
      series.weights.record(Math.round(weight * 1_000));
      unusable += weight > 0 ? 0 : 1;
    }
    if (unusable * 2 > weights.length) {
      series.fallbacks.increment();
    }
    series.stale.add(stale);
    series.notYetUsable.add(unusable - stale);
  }

  void outlierFound(String target, String rule, boolean ejected) {
    Target series = of(target);
    (ejected ? series.enforced : series.unenforced).get(rule).increment();
  }

  void collect(List<MetricFamily> into) {
    FamilyBuilder opened =
        counter(
            "grpc.subchannel.connection_attempts_succeeded",
            "Attempts to connect that succeeded.",
            "{attempt}");
    FamilyBuilder failed =
        counter(
            "grpc.subchannel.connection_attempts_failed",
            "Attempts to connect that failed.",
            "{attempt}");
    FamilyBuilder lost =
        counter(
            "grpc.subchannel.disconnections",
            "Connections that have ended, on whichever side.",
            "{disconnection}");
    FamilyBuilder open =
        FamilyBuilder.gauge(
            "grpc.subchannel.open_connections",
            "Connections that stand.",
            "{connection}",
            "grpc.target");
    FamilyBuilder enforced =
        FamilyBuilder.counter(
            "grpc.lb.outlier_detection.ejections_enforced",
            "Outliers that were ejected.",
            "{ejection}",
            "grpc.target",
            "grpc.lb.outlier_detection.detection_method");
    FamilyBuilder unenforced =
        FamilyBuilder.counter(
            "grpc.lb.outlier_detection.ejections_unenforced",
            "Outliers that were found and not ejected.",
            "{ejection}",
            "grpc.target",
            "grpc.lb.outlier_detection.detection_method",
            "grpc.lb.outlier_detection.unenforced_reason");
    FamilyBuilder fallbacks =
        counter(
            "grpc.lb.wrr.rr_fallback",
            "Updates of weighted round robin in which too few endpoints had a weight by reports.",
            "{update}");
    FamilyBuilder notYetUsable =
        counter(
            "grpc.lb.wrr.endpoint_weight_not_yet_usable",
            "Endpoints at each update that had not reported their load, or not for long enough.",
            "{endpoint}");
    FamilyBuilder stale =
        counter(
            "grpc.lb.wrr.endpoint_weight_stale",
            "Endpoints at each update whose last load report was too old.",
            "{endpoint}");
    FamilyBuilder weights =
        FamilyBuilder.histogram(
            "grpc.lb.wrr.endpoint_weights",
            "Weights of endpoints at each update, 0 without one that can be used.",
            "{weight}",
            "grpc.target");
    BiConsumer<String, Target> add =
        (name, target) -> {
          // Ends first: an end that comes meanwhile must not make the difference negative.
          long ends = target.lost.sum();
          long starts = target.opened.sum();
          opened.add(starts, name);
          failed.add(target.failed.sum(), name);
          lost.add(ends, name);
          open.add(starts - ends, name);
          target.enforced.forEach((rule, count) -> enforced.add(count.sum(), name, rule));
          target.unenforced.forEach(
              (rule, count) -> unenforced.add(count.sum(), name, rule, OVERFLOW));
          HistogramSnapshot seen = target.weights.snapshot();
          if (seen.count() > 0) {
            fallbacks.add(target.fallbacks.sum(), name);
            notYetUsable.add(target.notYetUsable.sum(), name);
            stale.add(target.stale.sum(), name);
            weights.add(target.weights, name);
          }
        };
    targets.forEach(add);
    if (other.opened.sum() + other.failed.sum() > 0) {
      add.accept(ClientMetrics.OTHER, other);
    }
    for (FamilyBuilder family :
        List.of(
            opened,
            failed,
            lost,
            open,
            enforced,
            unenforced,
            fallbacks,
            notYetUsable,
            stale,
            weights)) {
      into.add(family.build());
    }
  }

  private static FamilyBuilder counter(String name, String help, String unit) {
    return FamilyBuilder.counter(name, help, unit, "grpc.target");
  }
}
