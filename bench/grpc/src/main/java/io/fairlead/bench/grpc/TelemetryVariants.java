package io.fairlead.bench.grpc;

import com.google.common.base.Suppliers;
import io.fairlead.bench.grpc.FairleadVariants.FairleadVariant;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.FlightRecorderEvents;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryTracing;
import io.grpc.ServerServiceDefinition;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * As {@code fairlead-async}, with more and more of what tells of calls, on both sides. Each process
 * has its own. Threads and files are made with the server or the channel, as the one variant that
 * is measured is looked for among all of them.
 */
final class TelemetryVariants {
  private TelemetryVariants() {}

  /** Observers that count and do nothing else: what the hooks and the outcomes cost. */
  public static final class Counting extends ObservedVariant {
    private final LongAdder calls = new LongAdder();

    @Override
    public String name() {
      return "fairlead-counting";
    }

    @Override
    RpcServer start(RpcServer.Builder builder) {
      ServerCallObserver count = outcome -> calls.increment();
      return builder.observer(count).start();
    }

    @Override
    RpcChannel build(RpcChannel.Builder builder) {
      CallObserver count = outcome -> calls.increment();
      return builder.observer(count).build();
    }
  }

  /** Events for JDK Flight Recorder, of which nobody makes a recording. */
  public static final class Events extends ObservedVariant {
    @Override
    public String name() {
      return "fairlead-events";
    }

    @Override
    RpcServer start(RpcServer.Builder builder) {
      return builder.observer(FlightRecorderEvents.create()).start();
    }

    @Override
    RpcChannel build(RpcChannel.Builder builder) {
      return builder.observer(FlightRecorderEvents.create()).build();
    }
  }

  /** All metrics. */
  public static final class Metrics extends MetricsVariant {
    @Override
    public String name() {
      return "fairlead-metrics";
    }
  }

  /** Metrics, and an access log of failures, slow calls and one call in a hundred. */
  public static final class Log extends MetricsVariant {
    private final Supplier<LogFile> file = Suppliers.memoize(() -> new LogFile(0.01));

    @Override
    public String name() {
      return "fairlead-metrics-log";
    }

    @Override
    RpcServer.Builder add(RpcServer.Builder builder) {
      return builder.observer(file.get().log);
    }

    @Override
    RpcChannel.Builder add(RpcChannel.Builder builder) {
      return builder.observer(file.get().log);
    }

    @Override
    void closed() {
      file.get().close();
    }
  }

  /** Metrics, and spans of one trace in a hundred, chosen before the SDK is asked. */
  public static final class Traces extends MetricsVariant {
    private final Supplier<OpenTelemetrySdk> sdk = Suppliers.memoize(BenchSdk::recording);

    @Override
    public String name() {
      return "fairlead-metrics-traces";
    }

    @Override
    RpcServer.Builder add(RpcServer.Builder builder) {
      return tracing().addTo(builder);
    }

    @Override
    RpcChannel.Builder add(RpcChannel.Builder builder) {
      return tracing().addTo(builder);
    }

    private OpenTelemetryTracing tracing() {
      return OpenTelemetryTracing.builder(sdk.get()).sampled(0.01).build();
    }

    @Override
    void closed() {
      sdk.get().close();
    }
  }

  /** Metrics that are exported too, a line for each call, and spans of all of them. */
  public static final class Everything extends MetricsVariant {
    private final Supplier<OpenTelemetrySdk> sdk =
        Suppliers.memoize(() -> BenchSdk.exporting(telemetry));
    private final Supplier<LogFile> file = Suppliers.memoize(() -> new LogFile(1));

    @Override
    public String name() {
      return "fairlead-telemetry-all";
    }

    @Override
    RpcServer.Builder add(RpcServer.Builder builder) {
      return OpenTelemetryTracing.create(sdk.get()).addTo(builder).observer(file.get().log);
    }

    @Override
    RpcChannel.Builder add(RpcChannel.Builder builder) {
      return OpenTelemetryTracing.create(sdk.get()).addTo(builder).observer(file.get().log);
    }

    @Override
    void closed() {
      sdk.get().close();
      file.get().close();
    }
  }

  /** An access log in a file that is gone after the run. */
  private static final class LogFile {
    /** Far above the load, so that only the queue can lose lines. */
    private static final int NO_LIMIT = 1_000_000_000;

    private final Path path;
    final AccessLog log;

    LogFile(double sample) {
      try {
        path = Files.createTempFile("fairlead-bench-access", ".log");
      } catch (IOException e) {
        throw new UncheckedIOException("There is no place for an access log", e);
      }
      log = AccessLog.toFile(path).sample(sample).maxLinesPerSecond(NO_LIMIT).build();
    }

    void close() {
      log.close();
      System.err.println(
          "access log: " + log.written() + " lines written, " + log.lost() + " lost");
      try (var files = Files.newDirectoryStream(path.getParent(), path.getFileName() + "*")) {
        for (Path each : files) {
          Files.deleteIfExists(each);
        }
      } catch (IOException e) {
        System.err.println("The access log is left behind: " + e);
      }
    }
  }

  /** What those with metrics have in common. */
  abstract static class MetricsVariant extends ObservedVariant {
    final Telemetry telemetry = Telemetry.create();

    RpcServer.Builder add(RpcServer.Builder builder) {
      return builder;
    }

    RpcChannel.Builder add(RpcChannel.Builder builder) {
      return builder;
    }

    @Override
    RpcServer start(RpcServer.Builder builder) {
      RpcServer server = add(builder.observer(telemetry)).start();
      telemetry.watch(server);
      return server;
    }

    @Override
    RpcChannel build(RpcChannel.Builder builder) {
      RpcChannel channel = add(builder.observer(telemetry)).build();
      telemetry.watch(channel);
      return channel;
    }
  }

  /** What all have in common. */
  abstract static class ObservedVariant extends FairleadVariant {
    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bindAsync(new FairleadEcho.Async());
    }
  }
}
