package io.fairlead.telemetry.prometheus;

import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import io.fairlead.telemetry.Telemetry;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Answers the scrapes of a Prometheus server. The {@code Accept} header chooses between the text
 * format, OpenMetrics, and the protobuf format, which has native histograms.
 *
 * <pre>{@code
 * ManagementServer.builder()
 *     .handler("/metrics", new PrometheusHandler(telemetry))
 *     .start();
 * }</pre>
 */
public final class PrometheusHandler implements WebHandler {
  private final Telemetry telemetry;
  private final ExpositionFormats formats = ExpositionFormats.init();

  /** Publishes what a telemetry counts. */
  public PrometheusHandler(Telemetry telemetry) {
    this.telemetry = Objects.requireNonNull(telemetry, "telemetry");
  }

  @Override
  public void handle(WebExchange exchange) throws IOException {
    exchange.allow("GET");
    String accept = exchange.header("Accept").orElse("");
    ExpositionFormatWriter writer = formats.findWriter(accept);
    MetricSnapshots snapshots = Snapshots.of(telemetry.collect(), hasNativeHistograms(writer));
    boolean gzip =
        exchange
            .header("Accept-Encoding")
            .map(value -> value.toLowerCase(Locale.ROOT).contains("gzip"))
            .orElse(false);
    exchange.setHeader("Vary", "Accept, Accept-Encoding");
    // Written as a whole first: a half of it would pass for all of it.
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (OutputStream out = gzip ? new FastGzip(body) : body) {
      writer.write(out, snapshots, EscapingScheme.fromAcceptHeader(accept));
    }
    if (gzip) {
      exchange.setHeader("Content-Encoding", "gzip");
    }
    exchange.respond(200, writer.getContentType(), body.toByteArray());
  }

  /** Text has no place for them, and to count them out takes time that calls need. */
  private static boolean hasNativeHistograms(ExpositionFormatWriter writer) {
    return !(writer instanceof PrometheusTextFormatWriter
        || writer instanceof OpenMetricsTextFormatWriter);
  }

  /** A scrape shares the processors with calls; a quarter more bytes cost them nothing. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, 8 * 1024);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
