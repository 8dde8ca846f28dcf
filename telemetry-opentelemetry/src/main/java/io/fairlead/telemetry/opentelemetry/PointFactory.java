package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.MetricFamily.Point;
import io.fairlead.telemetry.opentelemetry.ProducedMetric.TypedData;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.DoubleExemplarData;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.GaugeData;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.SumData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Makes the points of metrics. */
final class PointFactory {
  private static final AggregationTemporality CUMULATIVE = AggregationTemporality.CUMULATIVE;

  private final long startNanos;
  private final boolean exponential;

  /**
   * Makes one.
   *
   * @param startNanos when all counts were zero, since the epoch
   * @param exponential whether histograms have exponential buckets
   */
  PointFactory(long startNanos, boolean exponential) {
    this.startNanos = startNanos;
    this.exponential = exponential;
  }

  TypedData data(MetricFamily family, MetricNames names, long now) {
    Points points = new Points(family, names, now);
    return switch (family.type()) {
      case COUNTER -> points.sum(true);
      case GAUGE -> points.isAmount() ? points.sum(false) : points.gauge();
      case HISTOGRAM -> exponential ? points.exponential() : points.explicit();
    };
  }

  /** The points of one metric at one moment. */
  private final class Points {
    private final MetricFamily family;
    private final MetricNames names;
    private final long now;

    Points(MetricFamily family, MetricNames names, long now) {
      this.family = family;
      this.names = names;
      this.now = now;
    }

    private <P> List<P> each(Function<Point, P> point) {
      return family.points().stream().map(point).toList();
    }

    private Attributes attributes(Point point) {
      return names.attributes(point.labels());
    }

    /**
     * Whether its values are whole numbers of things, which several processes have more of
     * together.
     */
    boolean isAmount() {
      return family.unit().startsWith("{") || family.unit().equals("By");
    }

    TypedData sum(boolean monotonic) {
      return isAmount()
          ? new TypedData(
              MetricDataType.LONG_SUM,
              SumData.createLongSumData(monotonic, CUMULATIVE, each(this::whole)))
          : new TypedData(
              MetricDataType.DOUBLE_SUM,
              SumData.createDoubleSumData(monotonic, CUMULATIVE, each(this::fraction)));
    }

    TypedData gauge() {
      return new TypedData(
          MetricDataType.DOUBLE_GAUGE, GaugeData.createDoubleGaugeData(each(this::fraction)));
    }

    TypedData explicit() {
      return new TypedData(
          MetricDataType.HISTOGRAM, HistogramData.create(CUMULATIVE, each(this::explicit)));
    }

    TypedData exponential() {
      return new TypedData(
          MetricDataType.EXPONENTIAL_HISTOGRAM,
          ExponentialHistogramData.create(CUMULATIVE, each(this::exponential)));
    }

    private LongPointData whole(Point point) {
      return LongPointData.create(startNanos, now, attributes(point), Math.round(point.value()));
    }

    private DoublePointData fraction(Point point) {
      return DoublePointData.create(startNanos, now, attributes(point), point.value(), List.of());
    }

    private HistogramPointData explicit(Point point) {
      HistogramSnapshot histogram = point.histogram();
      return HistogramPointData.create(
          startNanos,
          now,
          attributes(point),
          histogram.sum(),
          false,
          0,
          false,
          0,
          Arrays.stream(histogram.classicBounds()).boxed().toList(),
          Arrays.stream(histogram.classicCounts()).boxed().toList());
    }

    private ExponentialHistogramPointData exponential(Point point) {
      HistogramSnapshot histogram = point.histogram();
      return ExponentialHistogramPointData.create(
          histogram.schema(),
          histogram.sum(),
          histogram.zeroCount(),
          false,
          0,
          false,
          0,
          buckets(histogram),
          ExponentialHistogramBuckets.create(histogram.schema(), 0, List.of()),
          startNanos,
          now,
          attributes(point),
          histogram.exemplars().stream().map(Points::exemplar).toList());
    }

    private static DoubleExemplarData exemplar(HistogramSnapshot.Exemplar exemplar) {
      return DoubleExemplarData.create(
          Attributes.empty(),
          TimeUnit.MILLISECONDS.toNanos(exemplar.time().toEpochMilli()),
          SpanContext.create(
              exemplar.traceId(),
              exemplar.spanId(),
              TraceFlags.getSampled(),
              TraceState.getDefault()),
          exemplar.value());
    }

    /** Ours are numbered by their upper bound, OpenTelemetry's by the lower one. */
    private static ExponentialHistogramBuckets buckets(HistogramSnapshot histogram) {
      List<Long> counts = new ArrayList<>();
      int[] first = new int[1];
      histogram.forEachExponentialBucket(
          (index, held) -> {
            if (counts.isEmpty()) {
              first[0] = index - 1;
            }
            while (counts.size() < index - 1 - first[0]) {
              counts.add(0L);
            }
            counts.add(held);
          });
      return ExponentialHistogramBuckets.create(histogram.schema(), first[0], counts);
    }
  }
}
