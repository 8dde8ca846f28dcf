package io.fairlead.samples.observability;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.management.ManagementServer;
import io.fairlead.samples.observability.images.Image;
import io.fairlead.samples.observability.images.Images;
import io.fairlead.samples.observability.images.ImagesRpc;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.prometheus.PrometheusHandler;
import java.io.PrintStream;
import java.util.List;
import java.util.TreeMap;

/** A server and a client with one telemetry, published on a management port. */
final class Observability {
  private static final int CALLS = 100;

  private final PrintStream out;

  Observability(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    boolean stay = List.of(args).contains("--stay");
    new Observability(System.out).play(9990, stay);
  }

  void play(int managementPort, boolean stay) throws Exception {
    Telemetry telemetry = Telemetry.create();
    try (RpcServer server =
            RpcServer.builder("images")
                .port(0)
                .service(ImagesRpc.bind(new Classifier()))
                .observer(telemetry)
                .start();
        RpcChannel channel =
            RpcChannel.to("dns:///localhost:" + server.port())
                .service(ImagesRpc.service())
                .observer(telemetry)
                .build();
        ManagementServer management =
            ManagementServer.builder()
                .port(managementPort)
                .probes(server)
                .handler("/metrics", new PrometheusHandler(telemetry))
                .start()) {
      telemetry.watch(server);
      telemetry.watch(channel);
      Images images = ImagesRpc.client(channel);
      call(images, 1);
      print(telemetry);
      if (stay) {
        out.println("more on " + management.uri("/") + "; stop with Ctrl-C");
        for (int round = 2; true; round++) {
          call(images, round);
          Thread.sleep(100);
        }
      }
    }
  }

  private static void call(Images images, int round) {
    for (int i = 0; i < CALLS; i++) {
      try {
        images.classify(Image.newBuilder().setNumber(round * CALLS + i).build());
      } catch (RpcException e) {
        // Counted by the telemetry, which is what this sample is about.
        if (e.code() != io.grpc.Status.Code.INVALID_ARGUMENT) {
          throw e;
        }
      }
    }
  }

  /** Prints what was counted for calls, without times and sizes, which differ from run to run. */
  private void print(Telemetry telemetry) {
    for (MetricFamily family : telemetry.collect()) {
      boolean ofCalls = family.name().startsWith("grpc.") && !family.name().contains("size");
      if (ofCalls) {
        for (MetricFamily.Point point : family.points()) {
          TreeMap<String, String> labels = new TreeMap<>(point.labels());
          labels.remove("grpc.target");
          labels.remove("grpc.method");
          out.printf("%-28s %-32s %.0f%n", family.name(), labels, point.value());
        }
      }
    }
  }
}
