package io.fairlead.discovery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * An entry of an {@link InMemoryRegistry}.
 *
 * <p>Its state changes under the registry's lock, and the history under a lock of its own, as
 * anybody may read it. Observers are told after both are released, in the order of the changes.
 */
final class InMemoryRegistration implements Registration {
  private static final int HISTORY = 16;

  private final InMemoryRegistry registry;
  private final String service;
  private final Clock clock;

  @GuardedBy("history")
  private final ArrayDeque<Status> history = new ArrayDeque<>();

  private final List<SerializedObserver<Status>> observers = new CopyOnWriteArrayList<>();
  private volatile Endpoint endpoint;

  /** Whether {@link #drain} was called, which no update takes back; under the registry's lock. */
  private boolean leaving;

  InMemoryRegistration(InMemoryRegistry registry, String service, Endpoint endpoint, Clock clock) {
    this.registry = registry;
    this.service = service;
    this.endpoint = endpoint;
    this.clock = clock;
    enter(State.REGISTERING, "asked to register");
  }

  /** With the registry's lock held: this one has the id from now on. */
  void begin() {
    enter(State.REGISTERED, "in this process's memory");
  }

  /** With the registry's lock held: a later registration has the id. */
  void displace() {
    enter(
        State.DISPLACED,
        "the id " + endpoint.id() + " of " + service + " is held by a later registration");
  }

  @Override
  public String service() {
    return service;
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public Status status() {
    synchronized (history) {
      return history.getLast();
    }
  }

  @Override
  public List<Status> history() {
    synchronized (history) {
      return new ArrayList<>(history);
    }
  }

  @Override
  public Watch watch(Consumer<? super Status> observer) {
    SerializedObserver<Status> subscription = new SerializedObserver<>(observer, observers::remove);
    synchronized (history) {
      observers.add(subscription);
      subscription.enqueue(history.getLast());
    }
    subscription.deliver();
    return subscription;
  }

  @Override
  public CompletionStage<Void> update(Endpoint newEndpoint) {
    Objects.requireNonNull(newEndpoint, "endpoint");
    if (!newEndpoint.id().equals(endpoint.id())) {
      throw new IllegalArgumentException(
          ("An update of endpoint %s has the id %s; register the new one and close this"
                  + " one instead")
              .formatted(endpoint.id(), newEndpoint.id()));
    }
    if (status().state() == State.CLOSED) {
      throw new IllegalStateException("The registration of " + endpoint.id() + " is closed");
    }
    registry.change(service, () -> endpoint = leaving ? newEndpoint.asDraining() : newEndpoint);
    return status().state() == State.DISPLACED
        ? CompletableFuture.failedFuture(new IllegalStateException(status().detail()))
        : CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> drain() {
    registry.change(
        service,
        () -> {
          leaving = true;
          endpoint = endpoint.asDraining();
        });
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {
    synchronized (history) {
      if (status().state() == State.CLOSED) {
        return;
      }
      enter(State.CLOSED, "left on purpose");
    }
    drain();
    registry.remove(this);
    notifyObservers();
  }

  void notifyObservers() {
    observers.forEach(SerializedObserver::deliver);
  }

  private void enter(State state, String detail) {
    synchronized (history) {
      Status status = new Status(state, clock.instant(), detail);
      history.add(status);
      if (history.size() > HISTORY) {
        history.removeFirst();
      }
      observers.forEach(observer -> observer.enqueue(status));
    }
  }

  @Override
  public String toString() {
    return "Registration[" + service + "/" + endpoint.id() + ", " + status().state() + "]";
  }
}
