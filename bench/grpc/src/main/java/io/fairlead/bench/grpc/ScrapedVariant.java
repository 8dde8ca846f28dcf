package io.fairlead.bench.grpc;

import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Wire;
import io.fairlead.bench.grpc.TelemetryVariants.MetricsVariant;
import io.fairlead.bench.v1.Payload;
import io.fairlead.client.RpcChannel;
import io.fairlead.management.ManagementServer;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.prometheus.PrometheusHandler;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * A large service that is scraped: calls of 200 methods with three status codes are counted, and a
 * channel to 50 endpoints is watched. The second of its entries is the port of its metrics, where
 * {@code /memory} tells what the series take.
 */
public final class ScrapedVariant extends MetricsVariant {
  private static final int METHODS = 200;
  private static final List<Code> CODES = List.of(Code.OK, Code.NOT_FOUND, Code.DEADLINE_EXCEEDED);
  private static final int ENDPOINTS = 50;
  private static final int CALLS = 100;

  /** As many as a histogram may have stripes; each thread counts in its own. */
  private static final int THREADS = 4;

  private final List<AutoCloseable> opened = new ArrayList<>();

  @Override
  public String name() {
    return "fairlead-scraped";
  }

  @Override
  public BenchServer startServer(Wire wire) {
    if (wire.tls()) {
      throw new UnsupportedOperationException(name() + " is for plaintext");
    }
    long empty = heap();
    count(1);
    long counted = heap();
    count(THREADS);
    long spread = heap();
    double series = series();
    String memory =
        "series=%.0f bytes=%.0f spread=%.0f"
            .formatted(series, (counted - empty) / series, (spread - empty) / series);
    watchEndpoints();
    BenchServer server = super.startServer(wire);
    ManagementServer management =
        ManagementServer.builder()
            .port(0)
            .handler("/metrics", new PrometheusHandler(telemetry))
            .handler("/memory", exchange -> exchange.respond(200, "text/plain", memory))
            .start();
    opened.add(management);
    return new BenchServer() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public List<Integer> entries() {
        return List.of(server.port(), management.port());
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  /** Counts calls of each method and code, each time with durations of its own. */
  private void count(int threads) {
    for (int t = 0; t < threads; t++) {
      Thread thread = new Thread(this::count, "counts");
      thread.start();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void count() {
    SplittableRandom random = new SplittableRandom(7);
    for (int m = 0; m < METHODS; m++) {
      String method = "shop.v1.Service%d/Method%d".formatted(m / 10, m);
      for (Code code : CODES) {
        for (int i = 0; i < CALLS; i++) {
          telemetry.callStarted(method);
          // From 0.1 ms to 0.1 s, most of them short.
          Duration time =
              Duration.ofNanos((long) (100_000 * Math.pow(10, 3 * random.nextDouble())));
          telemetry.callEnded(
              ServerCallOutcome.builder(method)
                  .status(code, "")
                  .handlerTime(time)
                  .totalTime(time)
                  .requests(1, random.nextInt(1 << 16))
                  .responses(1, random.nextInt(1 << 16))
                  .build());
        }
      }
    }
  }

  private double series() {
    return telemetry.collect().stream()
        .filter(family -> family.name().equals("fairlead.telemetry.series"))
        .flatMap(family -> family.points().stream())
        .mapToDouble(MetricFamily.Point::value)
        .sum();
  }

  private void watchEndpoints() {
    List<RpcServer> endpoints = new ArrayList<>();
    for (int i = 0; i < ENDPOINTS; i++) {
      RpcServer endpoint = RpcServer.builder("echo").host("127.0.0.1").service(service()).start();
      opened.add(endpoint);
      endpoints.add(endpoint);
    }
    RpcChannel channel =
        RpcChannel.to(
                endpoints.stream()
                    .map(each -> "endpoint=127.0.0.1:" + each.port())
                    .collect(Collectors.joining("&", "static:///echo?", "")))
            .observer(telemetry)
            .build();
    opened.add(channel);
    telemetry.watch(channel);
    // Whoever has called once knows its endpoints.
    try (FairleadClient client = new FairleadClient(channel, () -> {})) {
      Payload unused = client.unary(Payload.getDefaultInstance());
    }
    if (channel.endpoints().size() != ENDPOINTS) {
      throw new IllegalStateException("The channel knows " + channel.endpoints());
    }
  }

  private static long heap() {
    // Twice: what the first run finds unreachable may hold on to more.
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Override
  void closed() {
    Collections.reverse(opened);
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(each + " does not close", e);
      }
    }
  }
}
