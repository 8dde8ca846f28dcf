package io.fairlead.bench.grpc;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.EndpointSnapshot;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One service whose list is published whole, on the calling thread; for one channel at a time. */
final class ListRegistry implements Registry {
  private static final String SERVICE = "echo";

  private Resolution now = new Resolution.Absent(SERVICE, 0);
  private long revision;
  private @Nullable Consumer<? super Resolution> observer;

  synchronized void publish(List<Endpoint> endpoints) {
    now =
        new Resolution.Bound(
            new EndpointSnapshot(SERVICE, ++revision, endpoints), Resolution.Freshness.CURRENT);
    if (observer != null) {
      observer.accept(now);
    }
  }

  @Override
  public synchronized Watch watch(String service, Consumer<? super Resolution> newObserver) {
    observer = newObserver;
    newObserver.accept(now);
    return this::stop;
  }

  private synchronized void stop() {
    observer = null;
  }

  @Override
  public Registration register(String service, Endpoint endpoint) {
    throw new UnsupportedOperationException("the bench publishes its list");
  }

  @Override
  public CompletionStage<List<String>> services() {
    return CompletableFuture.completedFuture(List.of(SERVICE));
  }

  @Override
  public void close() {
    // It holds nothing.
  }
}
