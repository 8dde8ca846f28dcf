package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.common.LinkSecurity;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Predicate;

/** Reads the metrics of a process, as Prometheus does. */
final class Metrics {
  private static final String CALLS = "grpc_server_call_duration_seconds_count";
  private static final String LOST_STORES = "fairlead_client_cache_store_failures_total";

  private final HttpClient http;
  private final Fleet fleet;

  Metrics(Platform platform) {
    this.fleet = platform.fleet();
    HttpClient.Builder builder = HttpClient.newBuilder();
    platform
        .certificates()
        .map(each -> LinkSecurity.context(each.client("story")))
        .ifPresent(builder::sslContext);
    this.http = builder.build();
  }

  /** Returns how many calls a process has ended with a status. */
  long calls(String id, String status) {
    return sum(id, line -> line.contains('"' + status + '"'));
  }

  /** Returns how many calls of a method a process has ended with other statuses than these. */
  long callsBut(String id, String method, List<String> statuses) {
    return sum(
        id,
        line ->
            line.contains('"' + method + '"')
                && statuses.stream().noneMatch(status -> line.contains('"' + status + '"')));
  }

  /** Returns how often a store that a process shares with others has failed. */
  long lostStores(String id) {
    return sum(id, LOST_STORES, line -> true);
  }

  private long sum(String id, Predicate<String> chosen) {
    return sum(id, CALLS, chosen);
  }

  private long sum(String id, String name, Predicate<String> chosen) {
    try {
      String address = Files.readString(fleet.folder(id).resolve(ServiceProcess.METRICS));
      HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
      return http.send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name) && chosen.test(line))
          .mapToLong(Metrics::value)
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the metrics of " + id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the metrics of " + id + " were read", e);
    }
  }

  private static long value(String line) {
    String[] words = line.substring(line.lastIndexOf('}') + 1).trim().split(" ", -1);
    return Math.round(Double.parseDouble(words[0]));
  }
}
