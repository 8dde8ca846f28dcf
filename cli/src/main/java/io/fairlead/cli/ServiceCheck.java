package io.fairlead.cli;

import io.fairlead.admin.v1.ListFindingsRequest;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks at the services of a registry, and at each of their instances. */
final class ServiceCheck {
  private static final Duration MAX_SKEW = Duration.ofSeconds(1);
  private static final int AT_ONCE = 16;

  private final Terminal terminal;
  private final AdminOptions options;
  private final OpenRegistry registry;
  private final Network network;

  ServiceCheck(Terminal terminal, AdminOptions options, OpenRegistry registry) {
    this.terminal = terminal;
    this.options = options;
    this.registry = registry;
    this.network = new Network(options.registry().timeout());
  }

  List<Finding> run(Map<String, List<Endpoint>> services) throws InterruptedException {
    if (services.isEmpty()) {
      return List.of(
          Finding.warning(
              "registry",
              "no service is registered",
              "start a server with registry(...), or check namespace and layout in the URL"));
    }
    List<Finding> findings = new ArrayList<>();
    List<Callable<List<Finding>>> tasks = new ArrayList<>();
    Map<String, String> owners = new TreeMap<>();
    services.forEach(
        (service, endpoints) -> {
          findings.addAll(service(service, endpoints));
          for (Endpoint endpoint : endpoints) {
            OpenRegistry.Instance instance = new OpenRegistry.Instance(service, endpoint);
            findings.addAll(sharedAddresses(service, endpoint, owners));
            tasks.add(() -> instance(instance));
          }
        });
    ExecutorService threads =
        Executors.newFixedThreadPool(Math.min(AT_ONCE, Math.max(1, tasks.size())));
    try {
      for (Future<List<Finding>> each : threads.invokeAll(tasks)) {
        findings.addAll(each.get());
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("an instance could not be looked at", e.getCause());
    } finally {
      threads.shutdownNow();
    }
    return findings;
  }

  private static List<Finding> service(String service, List<Endpoint> endpoints) {
    List<Finding> findings = new ArrayList<>();
    long taking = endpoints.stream().filter(each -> !each.draining() && each.weight() > 0).count();
    if (taking == 0) {
      findings.add(
          Finding.error(
              service,
              "none of its " + endpoints.size() + " instances takes calls",
              "undrain one, or give one a weight: fairlead undrain ID"));
    }
    Map<String, Long> versions =
        endpoints.stream()
            .collect(
                Collectors.groupingBy(
                    each -> each.version().orElse("none"), TreeMap::new, Collectors.counting()));
    if (versions.size() > 1) {
      findings.add(
          Finding.warning(
              service,
              "its instances have unequal versions: "
                  + versions.entrySet().stream()
                      .map(each -> each.getKey() + " (" + each.getValue() + ")")
                      .collect(Collectors.joining(", ")),
              "finish the deploy, or roll it back"));
    }
    return findings;
  }

  /** Two instances at one address: calls for one reach the other. */
  private static List<Finding> sharedAddresses(
      String service, Endpoint endpoint, Map<String, String> owners) {
    List<Finding> findings = new ArrayList<>();
    for (Address address : endpoint.addresses()) {
      String key = service + " " + address.protocol() + " " + address.hostAndPort();
      String owner = owners.putIfAbsent(key, endpoint.id());
      if (owner != null) {
        findings.add(
            Finding.warning(
                service + "/" + endpoint.id(),
                "it has the address " + address.hostAndPort() + " of " + owner,
                "one of them is likely gone; it leaves when its lease ends, or set advertise(...)"));
      }
    }
    return findings;
  }

  private List<Finding> instance(OpenRegistry.Instance instance) {
    List<Finding> findings = new ArrayList<>();
    boolean reached = true;
    for (Address address : instance.endpoint().addresses()) {
      String subject = instance.name() + " at " + address.hostAndPort();
      Finding found = advertised(subject, address);
      if (found == null) {
        found = network.fault(subject, address.host(), address.port());
      }
      if (found != null) {
        findings.add(found);
        reached = false;
      } else if (address.protocol().equals(Address.GRPCS)) {
        findings.add(
            network.certificate(
                subject, address.host(), address.port(), terminal.clock().instant()));
      } else {
        findings.add(Finding.ok(subject, "is reached, without TLS"));
      }
    }
    if (reached) {
      findings.addAll(process(instance));
    }
    return findings;
  }

  private @Nullable Finding advertised(String subject, Address address) {
    InetAddress host;
    try {
      host = InetAddress.getByName(address.host());
    } catch (UnknownHostException e) {
      return null; // said by whoever connects
    }
    String wayOut = "set advertise(host:port) on that server to an address that its clients reach";
    if (host.isAnyLocalAddress()) {
      return Finding.error(subject, "it advertises a wildcard address", wayOut);
    }
    if (host.isLoopbackAddress() && registry.registry().spansHosts()) {
      return Finding.error(
          subject,
          "it advertises a loopback address in a registry that other machines read",
          wayOut);
    }
    if (host.isLinkLocalAddress()) {
      return Finding.warning(subject, "it advertises a link-local address", wayOut);
    }
    return null;
  }

  /** Asks a process for its time, and for what it finds in itself. */
  private List<Finding> process(OpenRegistry.Instance instance) {
    Instant before = terminal.clock().instant();
    Instant start = instance.endpoint().startedAt().orElse(before);
    try (AdminTarget target = AdminTarget.of(terminal, instance, options)) {
      before = terminal.clock().instant();
      ProcessState state = target.state();
      Duration round = Duration.between(before, terminal.clock().instant());
      Instant there = Instant.ofEpochSecond(state.getNow().getSeconds(), state.getNow().getNanos());
      Duration ahead = Duration.between(before.plus(round.dividedBy(2)), there);
      List<Finding> findings = new ArrayList<>(judge(instance.name(), ahead));
      target
          .ask(admin -> admin.listFindings(ListFindingsRequest.getDefaultInstance()))
          .getFindingsList()
          .forEach(
              each ->
                  findings.add(
                      Finding.warning(
                          instance.name() + ", " + each.getSubject(),
                          each.getText(),
                          each.getWayOut())));
      return findings;
    } catch (CommandException e) {
      Duration ahead = Duration.between(before, start);
      if (ahead.compareTo(MAX_SKEW) > 0) {
        return judge(instance.name(), ahead);
      }
      return List.of(
          Finding.ok(instance.name(), "its clock cannot be compared: " + e.getMessage()));
    }
  }

  private static List<Finding> judge(String name, Duration ahead) {
    if (ahead.abs().compareTo(MAX_SKEW) <= 0) {
      return List.of(Finding.ok(name, "its clock agrees with this one"));
    }
    return List.of(
        Finding.warning(
            name,
            "its clock is "
                + Times.age(ahead.abs())
                + (ahead.isNegative() ? " behind" : " ahead of")
                + " this one",
            "let both machines follow NTP: tokens and certificates are judged by the clock"));
  }
}
