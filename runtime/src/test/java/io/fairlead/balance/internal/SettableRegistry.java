package io.fairlead.balance.internal;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A registry whose answers a test sets, such as lists whose endpoints disappear without
 * deregistering.
 */
final class SettableRegistry implements Registry {
  private final Map<String, Resolution> now = new ConcurrentHashMap<>();
  private final List<Consumer<? super Resolution>> observers = new CopyOnWriteArrayList<>();
  private long revision;

  void set(String service, Endpoint... endpoints) {
    set(
        service,
        new Resolution.Bound(
            new EndpointSnapshot(service, ++revision, List.of(endpoints)),
            Resolution.Freshness.CURRENT));
  }

  void set(String service, Resolution resolution) {
    now.put(service, resolution);
    observers.forEach(observer -> observer.accept(resolution));
  }

  @Override
  public Registration register(String service, Endpoint endpoint) {
    throw new UnsupportedOperationException("set the list instead");
  }

  @Override
  public Watch watch(String service, Consumer<? super Resolution> observer) {
    observers.add(observer);
    observer.accept(now.getOrDefault(service, new Resolution.Pending()));
    return () -> observers.remove(observer);
  }

  @Override
  public CompletionStage<List<String>> services() {
    return CompletableFuture.completedFuture(List.copyOf(now.keySet()));
  }

  @Override
  public void close() {
    observers.clear();
  }
}
