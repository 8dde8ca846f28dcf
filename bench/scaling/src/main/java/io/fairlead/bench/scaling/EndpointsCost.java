package io.fairlead.bench.scaling;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.scaling.LoadReporter;
import io.fairlead.scaling.ServiceLoad;
import io.fairlead.scaling.ServiceLoadView;
import io.fairlead.server.RpcServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What it costs one process to follow the load of many endpoints, each with a stream of reports on
 * a connection of its own. The servers are in another process, so that they cost nothing here.
 */
final class EndpointsCost {
  private static final int SERVERS = 10;

  private EndpointsCost() {}

  /** {@code EndpointsCost [ENDPOINTS [SECONDS]]}; the other process is started with "serve". */
  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("serve")) {
      serve();
      return;
    }
    int endpoints = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    System.out.println(measure(endpoints, Duration.ofSeconds(seconds)));
  }

  /** Ends with its standard input, and so with the process that started it. */
  private static void serve() throws IOException {
    List<RpcServer> servers = new ArrayList<>();
    try (InMemoryRegistry registry = new InMemoryRegistry()) {
      for (int i = 0; i < SERVERS; i++) {
        LoadReporter reporter = LoadReporter.builder().build();
        servers.add(
            RpcServer.builder("reporting")
                .host("127.0.0.1")
                .service(reporter)
                .observer(reporter)
                .registry(registry)
                .start());
      }
      System.out.println(
          String.join(" ", servers.stream().map(each -> Integer.toString(each.port())).toList()));
      while (System.in.read() >= 0) {
        // Until the end.
      }
    }
    System.exit(0); // without a drain: nobody is left to wait for
  }

  static String measure(int count, Duration length) throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                EndpointsCost.class.getName(),
                "serve")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      BufferedReader said =
          new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8));
      String line = said.readLine();
      if (line == null) {
        throw new IOException("the servers did not start");
      }
      int[] ports = Arrays.stream(line.split(" ", -1)).mapToInt(Integer::parseInt).toArray();
      Endpoint[] endpoints = new Endpoint[count];
      for (int i = 0; i < count; i++) {
        endpoints[i] = Endpoint.of("e" + i, "127.0.0.1", ports[i % ports.length]);
      }
      return measure(endpoints, length);
    } finally {
      boolean unused = other.destroyForcibly().waitFor() >= 0;
    }
  }

  private static String measure(Endpoint[] endpoints, Duration length) throws Exception {
    long heapBefore = heap();
    int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
    long begin = System.nanoTime();
    try (StaticRegistry registry = StaticRegistry.of("reporting", endpoints);
        ServiceLoadView view = ServiceLoadView.builder().open(registry, "reporting")) {
      ServiceLoad load = view.read();
      while (load.sample().reporting() < endpoints.length) {
        Thread.sleep(20);
        load = view.read();
      }
      double complete = (System.nanoTime() - begin) / 1e9;
      long cpuBefore = cpu();
      long from = System.nanoTime();
      List<Long> reads = new ArrayList<>();
      int least = endpoints.length;
      while (System.nanoTime() - from < length.toNanos()) {
        long read = System.nanoTime();
        least = Math.min(least, view.read().sample().reporting());
        reads.add(System.nanoTime() - read);
        Thread.sleep(100);
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      double cpu = (cpu() - cpuBefore) / 1e9 / seconds;
      int threads = ManagementFactory.getThreadMXBean().getThreadCount() - threadsBefore;
      double kilobytes = (heap() - heapBefore) / 1024.0 / endpoints.length;
      reads.sort(null);
      return String.format(
          Locale.ROOT,
          """
          endpoints                      %d, a report every 2 s each
          all of them report after       %.1f s
          at all times at least          %d report
          CPU                            %.1f %% of a core
          heap                           %.0f KiB for each endpoint
          threads                        %d more
          reading the load takes         %.2f ms (median), %.2f ms (longest)""",
          endpoints.length,
          complete,
          least,
          cpu * 100,
          kilobytes,
          threads,
          reads.get(reads.size() / 2) / 1e6,
          reads.get(reads.size() - 1) / 1e6);
    }
  }

  private static long heap() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(100);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
