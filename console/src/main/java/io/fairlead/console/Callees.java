package io.fairlead.console;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.gateway.Contracts;
import io.fairlead.management.WebException;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The contracts of the processes that a viewer may call. Safe for use by many threads. */
final class Callees {
  /** A contract is read again after this time. */
  private static final Duration AGE = Duration.ofSeconds(60);

  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** Contracts that are kept; a further one takes the place of the one that was first. */
  private static final int MAX = 64;

  private final @Nullable Contracts contracts;
  private final Processes processes;

  /** Guarded by the monitor. */
  private final Map<Key, Read> known = new LinkedHashMap<>();

  /** A contract is told to whom its process permits it. */
  private record Key(String address, Viewer viewer) {}

  private record Read(List<ServiceDescriptor> services, long at) {}

  Callees(@Nullable Contracts contracts, Processes processes) {
    this.contracts = contracts;
    this.processes = processes;
  }

  /** Fails unless calls are switched on. */
  Contracts contracts() {
    if (contracts == null) {
      throw new WebException(
          404,
          "this console makes no calls; switch them on with"
              + " Console.builder().tryIt(Contracts.reflection())");
    }
    return contracts;
  }

  /** Returns the services that the process at an address offers. */
  List<ServiceDescriptor> services(String address, Viewer viewer) {
    Contracts source = contracts();
    Key key = new Key(address, viewer);
    synchronized (this) {
      Read before = known.get(key);
      if (before != null && System.nanoTime() - before.at() < AGE.toNanos()) {
        return before.services();
      }
    }
    List<ServiceDescriptor> services = read(source, address, viewer);
    synchronized (this) {
      known.remove(key);
      if (known.size() >= MAX) {
        known.remove(known.keySet().iterator().next());
      }
      known.put(key, new Read(services, System.nanoTime()));
    }
    return services;
  }

  private List<ServiceDescriptor> read(Contracts source, String address, Viewer viewer) {
    try {
      Channel channel = processes.channel(address, viewer, LIMIT, Map.of());
      // Those of the application first.
      return source
          .services(channel)
          .toCompletableFuture()
          .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
          .stream()
          .sorted(
              Comparator.comparing(
                      (ServiceDescriptor each) -> !ProcessReport.isApplication(each.getFullName()))
                  .thenComparing(ServiceDescriptor::getFullName))
          .toList();
    } catch (TimeoutException e) {
      throw new WebException(504, address + " has not told its contracts in time");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new WebException(502, "the contracts of " + address + " cannot be read: " + cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WebException(503, "the console is being closed");
    }
  }

  /** Returns a method, or says which there are. */
  MethodDescriptor method(String address, Viewer viewer, String name) {
    List<ServiceDescriptor> services = services(address, viewer);
    for (ServiceDescriptor service : services) {
      for (MethodDescriptor method : service.getMethods()) {
        if (name.equals(service.getFullName() + "/" + method.getName())) {
          return method;
        }
      }
    }
    List<String> names =
        services.stream()
            .flatMap(
                service ->
                    service.getMethods().stream()
                        .map(each -> service.getFullName() + "/" + each.getName()))
            .toList();
    throw new WebException(
        404,
        "no method \"%s\" is at %s; there is %s"
            .formatted(name, address, ViewRequest.listed(names)));
  }
}
