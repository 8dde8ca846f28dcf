package io.fairlead.telemetry.prometheus;

import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.MetricFamily.Point;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gives metrics the form and the names that Prometheus wants. */
final class Snapshots {
  private Snapshots() {}

  /**
   * Returns the families.
   *
   * @param natively whether histograms have their native buckets too
   */
  static MetricSnapshots of(List<MetricFamily> families, boolean natively) {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    families.forEach(family -> all.metricSnapshot(snapshot(family, natively)));
    return all.build();
  }

  private static MetricSnapshot snapshot(MetricFamily family, boolean natively) {
    MetricMetadata metadata = metadata(family);
    return switch (family.type()) {
      case COUNTER ->
          new CounterSnapshot(
              metadata,
              family.points().stream()
                  .map(
                      point ->
                          CounterDataPointSnapshot.builder()
                              .labels(labels(point))
                              .value(point.value())
                              .build())
                  .toList());
      case GAUGE ->
          new GaugeSnapshot(
              metadata,
              family.points().stream()
                  .map(
                      point ->
                          GaugeDataPointSnapshot.builder()
                              .labels(labels(point))
                              .value(point.value())
                              .build())
                  .toList());
      case HISTOGRAM ->
          new io.prometheus.metrics.model.snapshots.HistogramSnapshot(
              metadata, family.points().stream().map(point -> histogram(point, natively)).toList());
    };
  }

  private static MetricMetadata metadata(MetricFamily family) {
    Unit unit = unit(family.unit());
    String name = underscores(family.name());
    return new MetricMetadata(unit == null ? name : name + "_" + unit, family.help(), unit);
  }

  private static @Nullable Unit unit(String ucum) {
    return switch (ucum) {
      case "s" -> Unit.SECONDS;
      case "By" -> Unit.BYTES;
      default -> null;
    };
  }

  private static String underscores(String name) {
    return name.replace('.', '_');
  }

  private static Labels labels(Point point) {
    Map<String, String> sorted = new TreeMap<>(point.labels());
    return Labels.of(
        sorted.keySet().stream().map(Snapshots::underscores).toList(),
        List.copyOf(sorted.values()));
  }

  private static HistogramDataPointSnapshot histogram(Point point, boolean natively) {
    HistogramSnapshot histogram = point.histogram();
    HistogramDataPointSnapshot.Builder snapshot =
        HistogramDataPointSnapshot.builder()
            .labels(labels(point))
            .classicHistogramBuckets(classic(histogram))
            .sum(histogram.sum())
            .exemplars(exemplars(histogram));
    if (natively) {
      snapshot
          .nativeSchema(histogram.schema())
          .nativeZeroThreshold(histogram.zeroThreshold())
          .nativeZeroCount(histogram.zeroCount())
          .nativeBucketsForPositiveValues(exponential(histogram));
    }
    return snapshot.build();
  }

  private static Exemplars exemplars(HistogramSnapshot histogram) {
    return Exemplars.of(
        histogram.exemplars().stream()
            .map(
                each ->
                    Exemplar.builder()
                        .value(each.value())
                        .traceId(each.traceId())
                        .spanId(each.spanId())
                        .timestampMillis(each.time().toEpochMilli())
                        .build())
            .toList());
  }

  private static ClassicHistogramBuckets classic(HistogramSnapshot histogram) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    double[] bounds = histogram.classicBounds();
    long[] counts = histogram.classicCounts();
    for (int i = 0; i < bounds.length; i++) {
      buckets.bucket(bounds[i], counts[i]);
    }
    return buckets.bucket(Double.POSITIVE_INFINITY, counts[bounds.length]).build();
  }

  private static NativeHistogramBuckets exponential(HistogramSnapshot histogram) {
    NativeHistogramBuckets.Builder buckets = NativeHistogramBuckets.builder();
    histogram.forEachExponentialBucket(buckets::bucket);
    return buckets.build();
  }
}
