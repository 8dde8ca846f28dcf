package io.fairlead.discovery;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A registry that never changes: a list of endpoints written in code or in a target. */
public final class StaticRegistry implements Registry {
  private final Map<String, Resolution> services;

  private StaticRegistry(Map<String, Resolution> services) {
    this.services = services;
  }

  /** Returns a registry with one service. */
  public static StaticRegistry of(String service, Endpoint... endpoints) {
    return of(Map.of(service, List.of(endpoints)));
  }

  /** Returns a registry with several services. */
  public static StaticRegistry of(Map<String, ? extends List<Endpoint>> endpointsByService) {
    Map<String, Resolution> services = new TreeMap<>();
    endpointsByService.forEach(
        (service, endpoints) -> {
          if (endpoints.stream().map(Endpoint::id).distinct().count() != endpoints.size()) {
            throw new IllegalArgumentException(
                "Two endpoints of " + service + " have the same id; ids must differ");
          }
          if (!endpoints.isEmpty()) {
            List<Endpoint> ordered =
                endpoints.stream().sorted(Comparator.comparing(Endpoint::id)).toList();
            services.put(
                service,
                new Resolution.Bound(
                    new EndpointSnapshot(service, 0, ordered), Resolution.Freshness.CURRENT));
          }
        });
    return new StaticRegistry(services);
  }

  @Override
  public Registration register(String service, Endpoint endpoint) {
    throw new UnsupportedOperationException(
        ("A static registry takes no registrations (%s/%s); use an InMemoryRegistry or"
                + " a real one")
            .formatted(service, endpoint.id()));
  }

  @Override
  public Watch watch(String service, Consumer<? super Resolution> observer) {
    SerializedObserver<Resolution> subscription = new SerializedObserver<>(observer, ended -> {});
    subscription.enqueue(services.getOrDefault(service, new Resolution.Absent(service, 0)));
    subscription.deliver();
    return subscription;
  }

  @Override
  public CompletionStage<List<String>> services() {
    return CompletableFuture.completedFuture(List.copyOf(services.keySet()));
  }

  @Override
  public void close() {
    // It holds nothing.
  }

  @Override
  public String toString() {
    return "StaticRegistry" + services.keySet();
  }
}
