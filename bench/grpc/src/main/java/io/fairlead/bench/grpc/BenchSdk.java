package io.fairlead.bench.grpc;

import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryMetrics;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.SdkMeterProviderBuilder;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;

/**
 * OpenTelemetry as its users set it up: spans in batches, metrics read every ten seconds. What
 * would go over the network is thrown away, the same for all variants.
 */
final class BenchSdk {
  private BenchSdk() {}

  /** Records all spans that it is asked for. */
  static OpenTelemetrySdk recording() {
    return sdk(SdkMeterProvider.builder());
  }

  /** The same, and exports the metrics of a telemetry. */
  static OpenTelemetrySdk exporting(Telemetry telemetry) {
    return sdk(
        SdkMeterProvider.builder().registerMetricProducer(OpenTelemetryMetrics.create(telemetry)));
  }

  private static OpenTelemetrySdk sdk(SdkMeterProviderBuilder meters) {
    SdkTracerProvider tracers =
        SdkTracerProvider.builder()
            .addSpanProcessor(BatchSpanProcessor.builder(new NoSpans()).build())
            .build();
    return OpenTelemetrySdk.builder()
        .setTracerProvider(tracers)
        .setMeterProvider(
            meters
                .registerMetricReader(
                    PeriodicMetricReader.builder(new NoMetrics())
                        .setInterval(Duration.ofSeconds(10))
                        .build())
                .build())
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .build();
  }

  private static final class NoSpans implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private static final class NoMetrics implements MetricExporter {
    @Override
    public CompletableResultCode export(Collection<MetricData> metrics) {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
