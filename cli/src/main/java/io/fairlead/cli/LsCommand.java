package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the services of a registry, or the instances of one service. */
@Command(
    name = "ls",
    description = "Lists the services of a registry, or the instances of one service.")
final class LsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(arity = "0..1", paramLabel = "SERVICE", description = "Default: all services.")
  private @Nullable String service;

  @Option(
      names = {"-w", "--watch"},
      description = "Goes on with a line for each change, until Ctrl-C.")
  private boolean watch;

  @Option(names = "--json", description = "Writes JSON; with --watch an object for each change.")
  private boolean json;

  @Mixin private final RegistryOptions registryOptions = new RegistryOptions();

  LsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (OpenRegistry registry = registryOptions.open(terminal)) {
      if (watch) {
        return new ChangeFeed(terminal, registry, json).run(service);
      }
      if (service == null) {
        services(registry.all());
      } else {
        instances(service, registry.endpoints(service));
      }
      return ExitCode.OK;
    }
  }

  private void services(Map<String, List<Endpoint>> all) {
    JsonArray array = new JsonArray();
    Table table = new Table("SERVICE", "INSTANCES", "DRAINING", "VERSIONS", "ZONES");
    all.forEach(
        (name, endpoints) -> {
          long draining = endpoints.stream().filter(Endpoint::draining).count();
          Set<String> versions = values(endpoints, true);
          Set<String> zones = values(endpoints, false);
          table.add(name, endpoints.size(), draining, words(versions), words(zones));
          JsonObject object = new JsonObject();
          object.addProperty("service", name);
          object.addProperty("instances", endpoints.size());
          object.addProperty("draining", draining);
          object.add("versions", array(versions));
          object.add("zones", array(zones));
          array.add(object);
        });
    if (json) {
      terminal.out().println(array);
    } else if (all.isEmpty()) {
      terminal.out().println("no services");
    } else {
      table.print(terminal.out());
    }
  }

  private static Set<String> values(List<Endpoint> endpoints, boolean versions) {
    return endpoints.stream()
        .flatMap(each -> (versions ? each.version() : each.zone()).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static JsonArray array(Iterable<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }

  private static String words(Set<String> values) {
    return values.isEmpty() ? "-" : String.join(", ", values);
  }

  private void instances(String name, Resolution.Bound bound) {
    if (bound.freshness() != Resolution.Freshness.CURRENT) {
      terminal
          .err()
          .println("fairlead: the list of " + name + " is " + bound.freshness() + ", not current");
    }
    List<Endpoint> endpoints = bound.snapshot().endpoints();
    if (json) {
      JsonArray array = new JsonArray();
      endpoints.forEach(each -> array.add(json(name, each)));
      terminal.out().println(array);
      return;
    }
    Table table = new Table("ID", "ADDRESS", "STATE", "WEIGHT", "VERSION", "ZONE", "UP");
    for (Endpoint each : endpoints) {
      table.add(
          each.id(),
          addresses(each),
          state(each),
          each.weight(),
          each.version().orElse("-"),
          each.zone().orElse("-"),
          each.startedAt()
              .map(
                  start -> Times.age(java.time.Duration.between(start, terminal.clock().instant())))
              .orElse("-"));
    }
    table.print(terminal.out());
  }

  static String addresses(Endpoint endpoint) {
    return endpoint.addresses().stream()
        .map(Address::hostAndPort)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  static String state(Endpoint endpoint) {
    return endpoint.draining() ? "draining" : endpoint.weight() == 0 ? "no calls" : "ready";
  }

  static JsonObject json(String service, Endpoint endpoint) {
    JsonObject object = new JsonObject();
    object.addProperty("service", service);
    object.addProperty("id", endpoint.id());
    JsonArray addresses = new JsonArray();
    endpoint.addresses().stream().map(Address::hostAndPort).distinct().forEach(addresses::add);
    object.add("addresses", addresses);
    object.addProperty("state", state(endpoint));
    object.addProperty("draining", endpoint.draining());
    object.addProperty("weight", endpoint.weight());
    endpoint.version().ifPresent(version -> object.addProperty("version", version));
    endpoint.zone().ifPresent(zone -> object.addProperty("zone", zone));
    endpoint.startedAt().ifPresent(start -> object.addProperty("startedAt", start.toString()));
    JsonObject tags = new JsonObject();
    endpoint.tags().forEach(tags::addProperty);
    object.add("tags", tags);
    return object;
  }
}
