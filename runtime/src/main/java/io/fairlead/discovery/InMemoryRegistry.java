package io.fairlead.discovery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A registry inside this process: for tests, and for servers and clients that share a JVM. It has
 * no thread of its own: observers are called on the thread that made the change.
 *
 * <p>One lock guards services, watchers and the revision. It is not held while observers run.
 */
public final class InMemoryRegistry implements Registry {
  private final Clock clock;
  private final Object lock = new Object();

  /** By service, then by id; of those with one id, the last has it. */
  @GuardedBy("lock")
  private final Map<String, Map<String, List<InMemoryRegistration>>> services = new TreeMap<>();

  @GuardedBy("lock")
  private final Map<String, Set<SerializedObserver<Resolution>>> watchers = new TreeMap<>();

  /** Grows with each change, so that watchers can tell old lists from new ones. */
  @GuardedBy("lock")
  private long revision;

  @GuardedBy("lock")
  private boolean closed;

  public InMemoryRegistry() {
    this(Clock.systemUTC());
  }

  /** With a clock for the times in {@link Registration.Status}. */
  public InMemoryRegistry(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  @Override
  public Registration register(String service, Endpoint endpoint) {
    Objects.requireNonNull(service, "service");
    Objects.requireNonNull(endpoint, "endpoint");
    InMemoryRegistration registration = new InMemoryRegistration(this, service, endpoint, clock);
    Optional<InMemoryRegistration> displaced;
    List<SerializedObserver<Resolution>> toTell;
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException(
            "This InMemoryRegistry is closed; " + service + " cannot be registered");
      }
      displaced = add(registration);
      toTell = changed(service);
    }
    toTell.forEach(SerializedObserver::deliver);
    displaced.ifPresent(InMemoryRegistration::notifyObservers);
    registration.notifyObservers();
    return registration;
  }

  /** Puts a registration in, and returns the one that had its id until now. */
  @GuardedBy("lock")
  private Optional<InMemoryRegistration> add(InMemoryRegistration registration) {
    List<InMemoryRegistration> sameId =
        services
            .computeIfAbsent(registration.service(), name -> new TreeMap<>())
            .computeIfAbsent(registration.endpoint().id(), id -> new ArrayList<>());
    Optional<InMemoryRegistration> before =
        sameId.isEmpty() ? Optional.empty() : Optional.of(last(sameId));
    before.ifPresent(InMemoryRegistration::displace);
    sameId.add(registration);
    registration.begin();
    return before;
  }

  @Override
  public Watch watch(String service, Consumer<? super Resolution> observer) {
    SerializedObserver<Resolution> subscription =
        new SerializedObserver<>(observer, ended -> forget(service, ended));
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException(
            "This InMemoryRegistry is closed; " + service + " cannot be watched");
      }
      watchers.computeIfAbsent(service, name -> new LinkedHashSet<>()).add(subscription);
      subscription.enqueue(resolution(service));
    }
    subscription.deliver();
    return subscription;
  }

  @Override
  public CompletionStage<List<String>> services() {
    synchronized (lock) {
      return CompletableFuture.completedFuture(List.copyOf(services.keySet()));
    }
  }

  @Override
  public boolean spansHosts() {
    return false;
  }

  @Override
  public void close() {
    List<InMemoryRegistration> open = new ArrayList<>();
    synchronized (lock) {
      closed = true;
      services.values().forEach(byId -> byId.values().forEach(open::addAll));
    }
    open.forEach(InMemoryRegistration::close);
    synchronized (lock) {
      watchers.clear();
    }
  }

  @Override
  public String toString() {
    synchronized (lock) {
      return "InMemoryRegistry" + services.keySet();
    }
  }

  /** Takes a registration out; if it had its id, the one that had it before has it again. */
  void remove(InMemoryRegistration registration) {
    Optional<InMemoryRegistration> next;
    List<SerializedObserver<Resolution>> toTell;
    synchronized (lock) {
      next = take(registration);
      toTell = changed(registration.service());
    }
    toTell.forEach(SerializedObserver::deliver);
    next.ifPresent(InMemoryRegistration::notifyObservers);
  }

  /** Takes a registration out, and returns the one that has its id from now on. */
  @GuardedBy("lock")
  private Optional<InMemoryRegistration> take(InMemoryRegistration registration) {
    String id = registration.endpoint().id();
    Map<String, List<InMemoryRegistration>> byId = services.get(registration.service());
    List<InMemoryRegistration> sameId = byId == null ? null : byId.get(id);
    if (byId == null || sameId == null) {
      return Optional.empty();
    }
    boolean had = last(sameId) == registration;
    sameId.remove(registration);
    if (!sameId.isEmpty()) {
      if (!had) {
        return Optional.empty();
      }
      last(sameId).begin();
      return Optional.of(last(sameId));
    }
    byId.remove(id);
    if (byId.isEmpty()) {
      services.remove(registration.service());
    }
    return Optional.empty();
  }

  private static InMemoryRegistration last(List<InMemoryRegistration> sameId) {
    return sameId.get(sameId.size() - 1);
  }

  /** Makes a change of a registration and tells the service's watchers, in their order. */
  void change(String service, Runnable change) {
    List<SerializedObserver<Resolution>> toTell;
    synchronized (lock) {
      change.run();
      toTell = changed(service);
    }
    toTell.forEach(SerializedObserver::deliver);
  }

  /** Takes note of a change, and returns those who are to be told once the lock is released. */
  @GuardedBy("lock")
  private List<SerializedObserver<Resolution>> changed(String service) {
    revision++;
    Resolution now = resolution(service);
    List<SerializedObserver<Resolution>> toTell =
        List.copyOf(watchers.getOrDefault(service, Set.of()));
    toTell.forEach(subscription -> subscription.enqueue(now));
    return toTell;
  }

  /** Returns what the registry knows of a service now. */
  @GuardedBy("lock")
  private Resolution resolution(String service) {
    Map<String, List<InMemoryRegistration>> byId = services.get(service);
    if (byId == null) {
      return new Resolution.Absent(service, revision);
    }
    List<Endpoint> endpoints =
        byId.values().stream().map(sameId -> last(sameId).endpoint()).toList();
    return new Resolution.Bound(
        new EndpointSnapshot(service, revision, endpoints), Resolution.Freshness.CURRENT);
  }

  /** Takes a watcher out, when its observer has closed the watch. */
  private void forget(String service, SerializedObserver<Resolution> ended) {
    synchronized (lock) {
      Set<SerializedObserver<Resolution>> left = watchers.get(service);
      if (left != null && left.remove(ended) && left.isEmpty()) {
        watchers.remove(service);
      }
    }
  }
}
