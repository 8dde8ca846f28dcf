package io.fairlead.samples.observability;

import io.fairlead.management.ManagementServer;
import io.fairlead.policy.Code;
import io.fairlead.samples.observability.images.Image;
import io.fairlead.samples.observability.images.Images;
import io.fairlead.samples.observability.images.ImagesRpc;
import io.fairlead.samples.observability.images.Label;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.AccessLog;
import io.fairlead.telemetry.HistogramSnapshot;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.opentelemetry.OpenTelemetryTracing;
import io.fairlead.telemetry.prometheus.PrometheusHandler;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server with what a process of its own would have: metrics on a port, and an access log. */
final class Instance implements AutoCloseable {
  private final String name;
  private final Telemetry telemetry = Telemetry.builder().exemplars().build();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final AccessLog log;
  private final RpcServer server;
  private final ManagementServer management;

  Instance(String name, Labels labels, OpenTelemetryTracing tracing, int managementPort) {
    this.name = name;
    AccessLog.Sink sink = lines::add;
    log = AccessLog.to(sink).build();
    server =
        tracing
            .addTo(RpcServer.builder("images"))
            .host("127.0.0.1")
            .port(0)
            .service(
                ImagesRpc.bind(
                    new Images() {
                      @Override
                      public Label classify(Image image) {
                        return Label.newBuilder().setText(labels.of(image.getNumber())).build();
                      }
                    }))
            .observer(telemetry)
            .observer(log)
            .start();
    telemetry.watch(server);
    management =
        ManagementServer.builder()
            .port(managementPort)
            .probes(server)
            .handler("/metrics", new PrometheusHandler(telemetry))
            .start();
  }

  String name() {
    return name;
  }

  int port() {
    return server.port();
  }

  String pages() {
    return management.uri("/").toString();
  }

  private List<MetricFamily.Point> durations() {
    return telemetry.collect().stream()
        .filter(family -> family.name().equals("grpc.server.call.duration"))
        .flatMap(family -> family.points().stream())
        .toList();
  }

  private static Code code(MetricFamily.Point point) {
    return Code.valueOf(point.labels().getOrDefault("grpc.status", ""));
  }

  /** Returns how many calls have ended with each status. */
  Map<Code, Long> calls() {
    Map<Code, Long> calls = new EnumMap<>(Code.class);
    durations().forEach(point -> calls.put(code(point), point.histogram().count()));
    return calls;
  }

  /** Returns the trace of a call that ended so, if the metrics name one. */
  Optional<String> exampleOf(Code code) {
    return durations().stream()
        .filter(point -> code(point) == code)
        .flatMap(point -> point.histogram().exemplars().stream())
        .map(HistogramSnapshot.Exemplar::traceId)
        .findFirst();
  }

  /** Returns the line of the access log about a call of this trace. */
  Optional<String> line(String traceId) {
    return lines.stream().filter(line -> line.contains(traceId)).findFirst();
  }

  @Override
  public void close() {
    management.close();
    server.close();
    log.close();
  }
}
