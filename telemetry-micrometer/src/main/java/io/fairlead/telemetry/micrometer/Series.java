package io.fairlead.telemetry.micrometer;

import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.MetricFamily.Point;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one metric with one set of labels. Meters refer to it weakly, except for gauges:
 * those that a registry has for itself keep all others alive.
 */
final class Series {
  private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();

  private final BoundRegistry binding;
  private final String name;
  private final String description;
  private final String unit;
  private final MetricFamily.Type type;
  private final Tags tags;
  private final SeriesOptions options;
  private final List<Meter> meters = new ArrayList<>();

  private volatile Point point;

  /** What percentiles are counted from: this, or the start. */
  private volatile @Nullable HistogramSnapshot base;

  /** The next base; with its time for the thread that renews. */
  private @Nullable HistogramSnapshot nextBase;

  private long nextBaseAt;

  Series(BoundRegistry binding, MetricFamily family, Point point, SeriesOptions options, long now) {
    this.binding = binding;
    // Not the family, which has the values of all its series.
    this.name = family.name();
    this.description = family.help();
    this.unit = family.unit();
    this.type = family.type();
    this.tags =
        Tags.of(
            point.labels().entrySet().stream()
                .map(label -> Tag.of(label.getKey(), label.getValue()))
                .toList());
    this.options = options;
    this.point = point;
    this.nextBaseAt = now;
  }

  void renew(Point now, long nanoTime) {
    point = now;
    if (type == MetricFamily.Type.HISTOGRAM && nanoTime - nextBaseAt >= WINDOW_NANOS) {
      base = nextBase;
      nextBase = now.histogram();
      nextBaseAt = nanoTime;
    }
  }

  void registerIn(MeterRegistry registry) {
    switch (type) {
      case COUNTER -> counter(name, baseUnit(), tags, Series::value, registry);
      case GAUGE -> gauge(registry);
      case HISTOGRAM -> histogram(registry);
    }
  }

  void removeFrom(MeterRegistry registry) {
    meters.forEach(registry::remove);
  }

  private Point current() {
    binding.renewIfOld();
    return point;
  }

  private double value() {
    return current().value();
  }

  private void counter(
      String id,
      @Nullable String base,
      Tags of,
      ToDoubleFunction<Series> value,
      MeterRegistry registry) {
    meters.add(
        FunctionCounter.builder(id, this, value)
            .description(description)
            .baseUnit(base)
            .tags(of)
            .register(registry));
  }

  private void gauge(MeterRegistry registry) {
    meters.add(
        Gauge.builder(name, this, Series::value)
            .strongReference(true)
            .description(description)
            .baseUnit(baseUnit())
            .tags(tags)
            .register(registry));
  }

  /** Nouns in braces would become a part of the name. */
  private @Nullable String baseUnit() {
    return switch (unit) {
      case "s" -> "seconds";
      case "By" -> "bytes";
      default -> null;
    };
  }

  private void histogram(MeterRegistry registry) {
    if (unit.equals("s")) {
      timer(registry);
    } else {
      // Micrometer has no function for count and sum but of time.
      counter(name, baseUnit(), tags, each -> each.current().histogram().sum(), registry);
    }
    if (options.buckets()) {
      buckets(registry);
    }
  }

  private void timer(MeterRegistry registry) {
    meters.add(
        FunctionTimer.builder(
                name,
                this,
                each -> each.current().histogram().count(),
                each -> each.current().histogram().sum(),
                TimeUnit.SECONDS)
            .description(description)
            .tags(tags)
            .register(registry));
    for (double share : options.percentiles()) {
      meters.add(
          TimeGauge.builder(
                  name + ".percentile", this, TimeUnit.SECONDS, each -> each.percentile(share))
              .strongReference(true)
              .description(description)
              .tags(tags.and("phi", plain(share)))
              .register(registry));
    }
  }

  private double percentile(double share) {
    HistogramSnapshot all = current().histogram();
    HistogramSnapshot from = base;
    return (from == null ? all : all.since(from)).quantile(share);
  }

  private void buckets(MeterRegistry registry) {
    double[] bounds = point.histogram().classicBounds();
    for (int i = 0; i <= bounds.length; i++) {
      int last = i;
      String bound = i == bounds.length ? "+Inf" : plain(bounds[i]);
      counter(name + ".histogram", null, tags.and("le", bound), each -> each.upTo(last), registry);
    }
  }

  private double upTo(int last) {
    long[] counts = current().histogram().classicCounts();
    long sum = 0;
    for (int i = 0; i <= last; i++) {
      sum += counts[i];
    }
    return sum;
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
