package io.fairlead.admin;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A registry that took an entry once, and has not answered since. */
final class SilentRegistry implements Registry {
  @Override
  public Registration register(String service, Endpoint endpoint) {
    return new SilentRegistration(service, endpoint);
  }

  @Override
  public Watch watch(String service, Consumer<? super Resolution> observer) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<List<String>> services() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean spansHosts() {
    return false;
  }

  @Override
  public void close() {}

  private record SilentRegistration(String service, Endpoint endpoint) implements Registration {
    @Override
    public Status status() {
      return new Status(State.REGISTERED, Instant.EPOCH, "no answer from 10.0.0.1:2379");
    }

    @Override
    public List<Status> history() {
      return List.of(status());
    }

    @Override
    public Watch watch(Consumer<? super Status> observer) {
      observer.accept(status());
      return () -> {};
    }

    @Override
    public CompletionStage<Void> update(Endpoint changed) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletionStage<Void> drain() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }
}
