package io.fairlead.bench.registry;

import io.fairlead.registry.etcd.EtcdRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** Many watchers of one service in one process: one stream to etcd, and one list for all. */
record ManyWatchers(String endpoint, Sizes sizes, PrintStream out) {
  private static final String STREAMS = "etcd_debugging_mvcc_watch_stream_total";

  void run(Filler filler) {
    filler.fill("popular", 100);
    long before = streams();
    try (EtcdRegistry registry = EtcdRegistry.connect(endpoint)) {
      List<Observer> observers = new ArrayList<>();
      for (int i = 0; i < sizes.watchers(); i++) {
        Observer observer = new Observer();
        observers.add(observer);
        registry.watch("popular", observer);
      }
      observers.forEach(observer -> observer.await(Observer.size(100)));
      long more = before < 0 ? -1 : streams() - before;
      Percentiles all = new Percentiles();
      for (int i = 0; i < sizes.changes(); i++) {
        long revision = filler.change("popular", i % 100, 1 + i).join();
        long start = System.nanoTime();
        long last = start;
        for (Observer observer : observers) {
          last = Math.max(last, observer.await(Observer.revision(revision)));
        }
        all.add(last - start);
      }
      out.printf(
          "%n%,d watchers of one service: %s; from etcd's answer until all are told: %s%n",
          sizes.watchers(), more < 0 ? "streams not known" : more + " stream(s) to etcd", all);
    }
  }

  /** How many watch streams etcd has by its own account, or -1 if it does not say. */
  private long streams() {
    try {
      String metrics =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(endpoint + "/metrics")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      return metrics
          .lines()
          .filter(line -> line.startsWith(STREAMS + " "))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(STREAMS.length() + 1)))
          .findFirst()
          .orElse(-1);
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }
}
