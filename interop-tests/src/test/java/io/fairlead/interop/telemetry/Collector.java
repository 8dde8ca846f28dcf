package io.fairlead.interop.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An OpenTelemetry Collector of its own process. It receives OTLP over gRPC, and posts what it has
 * received here, as JSON, before it answers: who has flushed an exporter finds everything.
 */
final class Collector implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Pattern PORT =
      Pattern.compile("Starting GRPC server.*\"endpoint\": \"127\\.0\\.0\\.1:(\\d+)\"");
  private static final Pattern READY = Pattern.compile("Everything is ready");

  private final HttpServer here;
  private final Program program;
  private final int port;

  /** What has arrived: guarded by itself. */
  private final List<JsonObject> arrived = new ArrayList<>();

  /** One thing that has arrived, and the attributes of whoever sent it. */
  record Arrival(JsonObject resource, JsonObject value) {
    /** The name of the service that sent it. */
    String service() {
      return Otlp.attributes(resource).getOrDefault("service.name", "").toString();
    }
  }

  private Collector() throws IOException {
    here = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    here.createContext(
        "/",
        exchange -> {
          String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          synchronized (arrived) {
            arrived.add(JsonParser.parseString(body).getAsJsonObject());
            arrived.notifyAll();
          }
          byte[] answer = "{}".getBytes(UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    here.start();
    program = Peers.go("go-collector", ".").start("--config=yaml:" + configuration());
    port = Integer.parseInt(program.await(PORT).group(1));
    program.await(READY);
  }

  static Collector start() {
    try {
      return new Collector();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot receive what the collector sends", e);
    }
  }

  /** Without a queue, an export has arrived when its sender is answered. */
  private String configuration() {
    return """
        receivers:
          otlp:
            protocols:
              grpc:
                endpoint: 127.0.0.1:0
        exporters:
          otlp_http:
            endpoint: http://127.0.0.1:%d
            encoding: json
            compression: none
            sending_queue:
              enabled: false
        service:
          telemetry:
            metrics:
              level: none
          pipelines:
            traces: {receivers: [otlp], exporters: [otlp_http]}
            metrics: {receivers: [otlp], exporters: [otlp_http]}
            logs: {receivers: [otlp], exporters: [otlp_http]}
        """
        .formatted(here.getAddress().getPort());
  }

  /** Where it receives, host and port. */
  String address() {
    return "127.0.0.1:" + port;
  }

  List<Arrival> spans() {
    return all("resourceSpans", "scopeSpans", "spans");
  }

  List<Arrival> metrics() {
    return all("resourceMetrics", "scopeMetrics", "metrics");
  }

  List<Arrival> logs() {
    return all("resourceLogs", "scopeLogs", "logRecords");
  }

  /** Waits until a service has sent this many spans. */
  List<Arrival> awaitSpans(String service, int count) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    synchronized (arrived) {
      while (true) {
        List<Arrival> spans =
            spans().stream().filter(each -> each.service().equals(service)).toList();
        long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
        if (spans.size() >= count) {
          return spans;
        }
        if (left <= 0) {
          throw new AssertionError(
              "not " + count + " spans of " + service + " but " + spans + " among " + arrived);
        }
        arrived.wait(left);
      }
    }
  }

  private List<Arrival> all(String resources, String scopes, String values) {
    List<Arrival> all = new ArrayList<>();
    synchronized (arrived) {
      for (JsonObject each : arrived) {
        for (JsonElement resource : Otlp.list(each, resources)) {
          JsonObject sender = resource.getAsJsonObject();
          for (JsonElement scope : Otlp.list(sender, scopes)) {
            for (JsonElement value : Otlp.list(scope.getAsJsonObject(), values)) {
              all.add(new Arrival(sender.getAsJsonObject("resource"), value.getAsJsonObject()));
            }
          }
        }
      }
    }
    return all;
  }

  @Override
  public void close() {
    program.close();
    here.stop(0);
  }
}
