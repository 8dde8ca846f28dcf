package io.fairlead.cli;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import io.fairlead.registry.etcd.EtcdRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A registry that is read with a limit of time. Whoever opened it closes it. */
final class OpenRegistry implements AutoCloseable {
  /** Before the name of a service: what its scaler announces. */
  static final String DECISIONS = "fairlead-scaling-";

  /** Before the name of a service: clients whose calls wait for it. */
  private static final String WAITING = "fairlead-waiting-";

  private static final Duration PAUSE = Duration.ofMillis(10);

  private final String url;
  private final Registry registry;
  private final Duration timeout;

  OpenRegistry(String url, Registry registry, Duration timeout) {
    this.url = url;
    this.registry = registry;
    this.timeout = timeout;
  }

  /** An endpoint, and the service that it is of. */
  record Instance(String service, Endpoint endpoint) {
    String name() {
      return service + "/" + endpoint.id();
    }

    String address() {
      return endpoint.addresses().get(0).hostAndPort();
    }
  }

  Registry registry() {
    return registry;
  }

  /** Returns how long the registry and processes may take. */
  Duration timeout() {
    return timeout;
  }

  /** Returns the names of all services, without entries that are notes and no endpoints. */
  List<String> services() throws InterruptedException {
    return names().stream()
        .filter(each -> !each.startsWith(DECISIONS) && !each.startsWith(WAITING))
        .toList();
  }

  private List<String> names() throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      try {
        return registry
            .services()
            .toCompletableFuture()
            .get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        throw silent();
      } catch (ExecutionException e) {
        // A registry that has only just been opened fails at once, until it is connected.
        if (System.nanoTime() > end) {
          throw silent();
        }
        Thread.sleep(PAUSE.toMillis());
      }
    }
  }

  /** Returns what the registry says of a service; never pending. */
  Resolution resolve(String service) throws InterruptedException {
    return get(resolution(service));
  }

  private CompletableFuture<Resolution> resolution(String service) {
    CompletableFuture<Resolution> first = new CompletableFuture<>();
    Watch watch =
        registry.watch(
            service,
            each -> {
              if (!(each instanceof Resolution.Pending)) {
                first.complete(each);
              }
            });
    return first.whenComplete((done, failure) -> watch.close());
  }

  /** Returns the endpoints of a service; a service that is not there is an error. */
  Resolution.Bound endpoints(String service) throws InterruptedException {
    Resolution found = resolve(service);
    if (found instanceof Resolution.Bound bound) {
      return bound;
    }
    if (found instanceof Resolution.Failed failed) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "the registry " + url + " cannot say who serves " + service + ": " + failed.reason());
    }
    throw new CommandException(
        ExitCode.NOT_FOUND,
        "nobody in " + url + " serves " + service + Suggestions.forName(service, services()));
  }

  /** Returns all endpoints of all services. */
  Map<String, List<Endpoint>> all() throws InterruptedException {
    Map<String, CompletableFuture<Resolution>> asked = new TreeMap<>();
    for (String service : services()) {
      asked.put(service, resolution(service));
    }
    Map<String, List<Endpoint>> found = new TreeMap<>();
    for (Map.Entry<String, CompletableFuture<Resolution>> each : asked.entrySet()) {
      if (get(each.getValue()) instanceof Resolution.Bound bound) {
        found.put(each.getKey(), bound.snapshot().endpoints());
      }
    }
    return found;
  }

  /**
   * Returns the one instance with this id, or {@code service/id}.
   *
   * @throws CommandException if there is none, or more than one
   */
  Instance find(String name) throws InterruptedException {
    return find(name, List.of());
  }

  /**
   * Does the same where other names may be meant.
   *
   * @param others what else is suggested for a typo
   */
  Instance find(String name, List<String> others) throws InterruptedException {
    List<Instance> matches = new ArrayList<>();
    TreeSet<String> known = new TreeSet<>(others);
    for (Map.Entry<String, List<Endpoint>> service : all().entrySet()) {
      for (Endpoint endpoint : service.getValue()) {
        Instance instance = new Instance(service.getKey(), endpoint);
        known.add(endpoint.id());
        if (endpoint.id().equals(name) || instance.name().equals(name)) {
          matches.add(instance);
        }
      }
    }
    if (matches.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "no instance \"" + name + "\" in " + url + Suggestions.forName(name, known));
    }
    if (matches.size() > 1) {
      throw new CommandException(
          ExitCode.USAGE,
          "\""
              + name
              + "\" is several instances; name one of "
              + String.join(", ", matches.stream().map(Instance::name).toList()));
    }
    return matches.get(0);
  }

  private <T> T get(CompletableFuture<T> asked) throws InterruptedException {
    try {
      return asked.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw silent();
    } catch (ExecutionException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE, "the registry " + url + " has failed: " + e.getCause());
    }
  }

  private CommandException silent() {
    String why =
        registry instanceof EtcdRegistry etcd
            ? etcd.health().lastError().map(error -> ": " + error).orElse("")
            : "";
    return new CommandException(
        ExitCode.UNREACHABLE,
        "the registry "
            + url
            + " has not answered within "
            + timeout.toMillis()
            + " ms"
            + why
            + "; --registry names another one, and \"fairlead doctor\" looks for the reason");
  }

  @Override
  public void close() {
    registry.close();
  }

  @Override
  public String toString() {
    return url;
  }
}
