package io.fairlead.telemetry.opentelemetry;

import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricProducer;
import io.opentelemetry.sdk.resources.Resource;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Gives the metrics of a {@link Telemetry} to the SDK of OpenTelemetry, whose readers export them.
 * Nothing is counted twice: the SDK is given the counts of the telemetry each time that it asks.
 *
 * <pre>{@code
 * SdkMeterProvider.builder()
 *     .registerMetricReader(PeriodicMetricReader.create(exporter))
 *     .registerMetricProducer(OpenTelemetryMetrics.create(telemetry))
 *     .build();
 * }</pre>
 *
 * <p>Needs {@code opentelemetry-sdk-metrics} on the class path. Counts are cumulative since the
 * start of the process; the SDK does not apply views or a preferred temporality to them. Safe for
 * use by many threads.
 */
public final class OpenTelemetryMetrics implements MetricProducer {
  private static final InstrumentationScopeInfo SCOPE =
      InstrumentationScopeInfo.create("io.fairlead");

  private final Telemetry telemetry;
  private final boolean conventions;
  private final PointFactory points;
  private final Clock clock;

  private OpenTelemetryMetrics(Builder builder) {
    this.telemetry = builder.telemetry;
    this.conventions = builder.conventions;
    this.clock = builder.clock;
    // All counts were zero when the process began, those of the virtual machine as well.
    this.points =
        new PointFactory(
            TimeUnit.MILLISECONDS.toNanos(ManagementFactory.getRuntimeMXBean().getStartTime()),
            builder.exponential);
  }

  /** Returns one with the names of gRPC and its buckets. */
  public static OpenTelemetryMetrics create(Telemetry telemetry) {
    return builder(telemetry).build();
  }

  /** Starts to describe one. */
  public static Builder builder(Telemetry telemetry) {
    return new Builder(telemetry);
  }

  @Override
  public Collection<MetricData> produce(Resource resource) {
    List<MetricFamily> families = telemetry.collect();
    long now = TimeUnit.MILLISECONDS.toNanos(clock.millis());
    List<MetricData> produced = new ArrayList<>(families.size());
    for (MetricFamily family : families) {
      MetricNames names = MetricNames.of(family, conventions);
      produced.add(
          new ProducedMetric(resource, SCOPE, names, family, points.data(family, names, now)));
    }
    return produced;
  }

  @Override
  public String toString() {
    return "OpenTelemetry, " + telemetry;
  }

  /** Describes how metrics look. */
  public static final class Builder {
    private final Telemetry telemetry;
    private boolean conventions;
    private boolean exponential;
    private Clock clock = Clock.systemUTC();

    private Builder(Telemetry telemetry) {
      this.telemetry = Objects.requireNonNull(telemetry, "telemetry");
    }

    /**
     * Gives the durations of calls the names and attributes of OpenTelemetry's conventions for RPC:
     * {@code rpc.client.call.duration} and {@code rpc.server.call.duration}. They replace those of
     * gRPC. Other metrics have no counterpart in the conventions, and keep their names.
     */
    public Builder rpcConventions() {
      conventions = true;
      return this;
    }

    /**
     * Exports histograms with exponential buckets instead of those that gRPC prescribes. They are
     * smaller, and a percentile of a duration is at most 9 % too high.
     */
    public Builder exponentialHistograms() {
      exponential = true;
      return this;
    }

    /** For tests: what time it is. */
    Builder clock(Clock source) {
      clock = source;
      return this;
    }

    /** Makes it. */
    public OpenTelemetryMetrics build() {
      return new OpenTelemetryMetrics(this);
    }
  }
}
