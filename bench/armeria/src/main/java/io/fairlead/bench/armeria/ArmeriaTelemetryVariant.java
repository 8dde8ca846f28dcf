package io.fairlead.bench.armeria;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClientBuilder;
import com.linecorp.armeria.client.metric.MetricCollectingClient;
import com.linecorp.armeria.common.grpc.GrpcMeterIdPrefixFunction;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.logging.AccessLogWriter;
import com.linecorp.armeria.server.metric.MetricCollectingService;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/**
 * Armeria with its own metrics and access log of all calls. It makes no spans: for these it needs
 * another library.
 */
public final class ArmeriaTelemetryVariant extends ArmeriaVariant {
  private static final String ACCESS_LOGGER = "com.linecorp.armeria.logging.access";

  /** Made by ServiceLoader. */
  public ArmeriaTelemetryVariant() {}

  @Override
  public String name() {
    return "armeria-telemetry";
  }

  @Override
  void add(ServerBuilder builder) {
    logToFile();
    builder
        .meterRegistry(registry())
        .accessLogWriter(AccessLogWriter.combined(), true)
        .decorator(MetricCollectingService.newDecorator(GrpcMeterIdPrefixFunction.of("server")));
  }

  @Override
  void add(GrpcClientBuilder builder) {
    builder
        .factory(ClientFactory.builder().meterRegistry(registry()).build())
        .decorator(MetricCollectingClient.newDecorator(GrpcMeterIdPrefixFunction.of("client")));
  }

  private static PrometheusMeterRegistry registry() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  private static void logToFile() {
    Path file;
    try {
      file = Files.createTempFile("armeria-bench-access", ".log");
    } catch (IOException e) {
      throw new UncheckedIOException("There is no place for an access log", e);
    }
    file.toFile().deleteOnExit();
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%msg%n");
    encoder.start();
    FileAppender<ILoggingEvent> lines = new FileAppender<>();
    lines.setContext(context);
    lines.setFile(file.toString());
    lines.setEncoder(encoder);
    lines.setImmediateFlush(false);
    lines.start();
    AsyncAppender async = new AsyncAppender();
    async.setContext(context);
    async.setQueueSize(10_000);
    async.setNeverBlock(true);
    async.addAppender(lines);
    async.start();
    Logger access = context.getLogger(ACCESS_LOGGER);
    access.setLevel(Level.INFO);
    access.setAdditive(false);
    access.addAppender(async);
  }
}
