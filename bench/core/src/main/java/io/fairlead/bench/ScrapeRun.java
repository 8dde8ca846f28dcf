package io.fairlead.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;

/**
 * What a scrape of a large service costs: its time and size, the memory of its series, and what
 * calls notice of it. The service is the variant {@code fairlead-scraped}.
 */
final class ScrapeRun {
  private static final String VARIANT = "fairlead-scraped";
  private static final int SCRAPES = 30;
  private static final Duration WARM_WINDOW = Duration.ofMillis(700);

  private final Plan plan;
  private final HttpClient http = HttpClient.newHttpClient();
  private final boolean quick;

  ScrapeRun(Plan plan) {
    this.plan = plan;
    this.quick = plan.starts() == 1;
  }

  /** A form of metrics, as a Prometheus asks for it. */
  private enum Form {
    PROTOBUF(
        "protobuf with native histograms",
        50,
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited"),
    TEXT("gzipped text", 500, "text/plain; version=0.0.4");

    private final String text;
    private final double mostMillis;
    private final String accept;

    Form(String text, double mostMillis, String accept) {
      this.text = text;
      this.mostMillis = mostMillis;
      this.accept = accept;
    }
  }

  /** One answer. */
  private record Scrape(double millis, int bytes) {}

  String run() throws IOException {
    Path log = plan.out().resolve(VARIANT + ".log");
    try (Pair pair = Pair.start(plan, VARIANT, 1, List.of(), log)) {
      int port = pair.entries().get(1);
      long rate = warm(pair, port);
      StringBuilder text = new StringBuilder(memory(port));
      text.append(
          "\n| scrape of 200 methods × 3 codes, 50 endpoints | median ms | slowest ms | wanted |"
              + " KB |\n|---|---|---|---|---|\n");
      for (Form form : Form.values()) {
        text.append(scrapes(form, port));
      }
      text.append(meanwhile(pair, port, rate));
      return text.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The run was interrupted", e);
    }
  }

  /** Returns a rate that the pair reaches with ease: a third of what it can do. */
  private long warm(Pair pair, int port) throws IOException, InterruptedException {
    Load load = Load.parse(TelemetryReport.LOAD);
    double rate = 0;
    for (int i = 0; i < Math.min(10, plan.warmWindows()); i++) {
      rate = pair.closed(load, WARM_WINDOW).rate();
      for (Form form : Form.values()) {
        for (int j = 0; j < 4; j++) {
          Scrape unused = scrape(form, port);
        }
      }
    }
    return (long) (rate / 3);
  }

  private String memory(int port) throws IOException, InterruptedException {
    String answer = get(port, "/memory", "*/*", "identity").body();
    Map<String, String> fields = Fields.parse(answer);
    return String.format(
        Locale.ROOT,
        "%d series take %d bytes each after calls of one thread, %d after those of many"
            + " (four stripes at most, one for each processor).%n",
        Fields.number(fields, "series"),
        Fields.number(fields, "bytes"),
        Fields.number(fields, "spread"));
  }

  private HttpResponse<String> get(int port, String path, String accept, String encoding)
      throws IOException, InterruptedException {
    return http.send(
        request(port, path, accept, encoding), BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private static HttpRequest request(int port, String path, String accept, String encoding) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .header("Accept", accept)
        .header("Accept-Encoding", encoding)
        .build();
  }

  private Scrape scrape(Form form, int port) throws IOException, InterruptedException {
    long start = System.nanoTime();
    HttpResponse<byte[]> answer =
        http.send(request(port, "/metrics", form.accept, "gzip"), BodyHandlers.ofByteArray());
    double millis = (System.nanoTime() - start) / 1e6;
    if (answer.statusCode() != 200 || answer.body().length == 0) {
      throw new IOException("A scrape was answered with " + answer.statusCode());
    }
    return new Scrape(millis, answer.body().length);
  }

  private String scrapes(Form form, int port) throws IOException, InterruptedException {
    double[] millis = new double[quick ? 5 : SCRAPES];
    int bytes = 0;
    for (int i = 0; i < millis.length; i++) {
      Scrape scrape = scrape(form, port);
      millis[i] = scrape.millis();
      bytes = scrape.bytes();
    }
    Stats.Spread spread = Stats.spread(millis);
    return String.format(
        Locale.ROOT,
        "| %s | %.1f | %.1f | %s | %d |%n",
        form.text,
        spread.median(),
        spread.max(),
        TelemetryReport.wanted("≤ %.0f", form.mostMillis, spread.median() <= form.mostMillis),
        bytes / 1024);
  }

  /** Holds the calls' latency while one scrape is made in each window against that without. */
  private String meanwhile(Pair pair, int port, long rate)
      throws IOException, InterruptedException {
    Duration window = Duration.ofSeconds(quick ? 1 : 10);
    int rounds = quick ? 1 : 3;
    ScheduledExecutorService scraper = Executors.newSingleThreadScheduledExecutor();
    try {
      StringBuilder text =
          new StringBuilder(
              String.format(
                  Locale.ROOT,
                  "%n| calls at %d/s, one scrape every %d s | p99 µs without | with | ratio |"
                      + " wanted |%n|---|---|---|---|---|%n",
                  rate,
                  window.toSeconds()));
      for (Form form : Form.values()) {
        List<Double> without = new ArrayList<>();
        List<Double> with = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
          without.add(pair.open(rate, window).p99Micros());
          ScheduledFuture<Scrape> once =
              scraper.schedule(
                  () -> scrape(form, port), window.toMillis() / 2, TimeUnit.MILLISECONDS);
          with.add(pair.open(rate, window).p99Micros());
          get(once);
        }
        text.append(row(form, without, with));
      }
      return text.toString();
    } finally {
      scraper.shutdownNow();
    }
  }

  private static void get(ScheduledFuture<Scrape> scrape) throws IOException, InterruptedException {
    try {
      scrape.get();
    } catch (ExecutionException e) {
      throw new IOException("A scrape failed during calls", e);
    }
  }

  private static String row(Form form, List<Double> without, List<Double> with) {
    double[] ratios = new double[with.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = with.get(i) / without.get(i);
    }
    Stats.Spread ratio = Stats.spread(ratios);
    return String.format(
        Locale.ROOT,
        "| %s | %.0f | %.0f | %.2f (%.2f–%.2f) | %s |%n",
        form.text,
        Stats.median(values(without).toArray()),
        Stats.median(values(with).toArray()),
        ratio.median(),
        ratio.min(),
        ratio.max(),
        TelemetryReport.wanted("≤ %.2f", 1.1, ratio.median() <= 1.1));
  }

  private static DoubleStream values(List<Double> all) {
    return all.stream().mapToDouble(Double::doubleValue);
  }
}
