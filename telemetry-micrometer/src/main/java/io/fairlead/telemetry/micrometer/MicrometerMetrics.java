package io.fairlead.telemetry.micrometer;

import io.fairlead.telemetry.Telemetry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.DoubleStream;

/**
 * Gives the metrics of a {@link Telemetry} to registries of Micrometer. Nothing is counted twice:
 * meters ask the telemetry when a registry reads them.
 *
 * <pre>{@code
 * MicrometerMetrics.create(telemetry).bindTo(meterRegistry);
 * }</pre>
 *
 * <p>Durations are timers, with percentiles as gauges: {@code grpc.server.call.duration.percentile}
 * with the tag {@code phi}. Metrics of the virtual machine are left out, as Micrometer has binders
 * for them. Safe for use by many threads.
 */
public final class MicrometerMetrics implements MeterBinder, AutoCloseable {
  private final Telemetry telemetry;
  private final SeriesOptions options;
  private final List<BoundRegistry> bound = new CopyOnWriteArrayList<>();

  private MicrometerMetrics(Builder builder) {
    this.telemetry = builder.telemetry;
    this.options = new SeriesOptions(builder.percentiles, builder.buckets);
  }

  /** Returns one with the defaults. */
  public static MicrometerMetrics create(Telemetry telemetry) {
    return builder(telemetry).build();
  }

  /** Starts to describe one. */
  public static Builder builder(Telemetry telemetry) {
    return new Builder(telemetry);
  }

  /** Publishes the metrics in a registry, from now on. */
  @Override
  public void bindTo(MeterRegistry registry) {
    BoundRegistry binding = new BoundRegistry(registry, telemetry, options);
    bound.add(binding);
    binding.renew();
  }

  /** Removes the metrics from all registries. */
  @Override
  public void close() {
    bound.forEach(BoundRegistry::close);
    bound.clear();
  }

  @Override
  public String toString() {
    return "Micrometer, " + telemetry;
  }

  /** Describes what is published. */
  public static final class Builder {
    private final Telemetry telemetry;
    private List<Double> percentiles = List.of(0.5, 0.95, 0.99);
    private boolean buckets;

    private Builder(Telemetry telemetry) {
      this.telemetry = Objects.requireNonNull(telemetry, "telemetry");
    }

    /**
     * Sets which percentiles of durations are published, between 0 and 1; 0.5, 0.95 and 0.99 if
     * this is not given, and none with no argument. They are of the calls of the last one to two
     * minutes, or since the reading before the last one if a registry reads less often. Those of
     * several processes cannot be combined.
     */
    public Builder percentiles(double... shares) {
      for (double share : shares) {
        if (!(share >= 0 && share <= 1)) {
          throw new IllegalArgumentException("percentile " + share + " is not between 0 and 1");
        }
      }
      percentiles = DoubleStream.of(shares).boxed().toList();
      return this;
    }

    /**
     * Publishes the buckets of histograms as counters with the tag {@code le}: up to 45 more series
     * for each of durations. A backend can compute percentiles of several processes from them.
     */
    public Builder buckets() {
      buckets = true;
      return this;
    }

    /** Makes it. */
    public MicrometerMetrics build() {
      return new MicrometerMetrics(this);
    }
  }
}
