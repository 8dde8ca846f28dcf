package io.fairlead.console;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A fleet at one moment. Immutable.
 *
 * @param services what the registry says, by name
 * @param notes what it says of names whose entries are no endpoints; see {@link ScalingView}
 * @param processes what each process says of itself, by the address of its admin service
 * @param registryProblem why the registry does not list its services; null if it does
 */
record FleetState(
    Instant at,
    SortedMap<String, Resolution> services,
    SortedMap<String, Resolution> notes,
    Map<String, ProcessReport> processes,
    int adminPort,
    @Nullable String registryProblem) {

  /** Returns the endpoints of a service; empty if the registry has none. */
  List<Endpoint> endpoints(String service) {
    return services.get(service) instanceof Resolution.Bound bound
        ? bound.snapshot().endpoints()
        : List.of();
  }

  /** Returns what the process of an endpoint says. */
  ProcessReport process(Endpoint endpoint) {
    String address = addressOf(endpoint, adminPort);
    ProcessReport report = processes.get(address);
    return report == null ? ProcessReport.pending(address) : report;
  }

  /** Returns the address of the admin service of an endpoint. */
  static String addressOf(Endpoint endpoint, int adminPort) {
    var first = endpoint.addresses().get(0);
    return adminPort == 0
        ? first.hostAndPort()
        : new io.fairlead.discovery.Address(first.protocol(), first.host(), adminPort)
            .hostAndPort();
  }

  /** Returns where calls of the application go: to the endpoint itself, not its admin service. */
  String callAddress(Instance instance) {
    return endpoints(instance.service()).stream()
        .filter(each -> each.id().equals(instance.id()))
        .map(each -> each.addresses().get(0).hostAndPort())
        .findFirst()
        .orElse(instance.address());
  }

  /** Returns the process that somebody names: by its address, or by an endpoint's service/id. */
  Optional<Instance> find(String name) {
    if (processes.containsKey(name)) {
      return Optional.of(new Instance(name, "", ""));
    }
    for (String service : services.keySet()) {
      for (Endpoint endpoint : endpoints(service)) {
        if (name.equals(service + "/" + endpoint.id())) {
          return Optional.of(new Instance(addressOf(endpoint, adminPort), service, endpoint.id()));
        }
      }
    }
    return Optional.empty();
  }

  /** A process, and the endpoint in it that is meant; no service and id stand for all of it. */
  record Instance(String address, String service, String id) {}
}
