package io.fairlead.telemetry;

import static java.util.stream.Collectors.toList;

import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerLoad;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What is true of watched servers now: their load, their limits, and where they stand. */
final class ServerGauges {
  private ServerGauges() {}

  static void collect(List<RpcServer> servers, List<MetricFamily> into) {
    FamilyBuilder inFlight =
        gauge("in_flight", "Calls that admission has let in and that have not ended.", "{call}");
    FamilyBuilder waiting = gauge("waiting", "Calls in the queue of admission.", "{call}");
    FamilyBuilder callers =
        gauge("callers", "Callers that admission keeps an account of.", "{caller}");
    FamilyBuilder handlers = gauge("handlers", "Threads that blocking handlers hold.", "{thread}");
    FamilyBuilder serving =
        gauge("serving", "Servers that serve, and neither start nor drain.", "{server}");
    FamilyBuilder limit =
        gauge(
            "limit",
            "Calls of a method that may be in flight at once, where that is limited.",
            "{call}",
            "grpc.method");
    FamilyBuilder phase =
        gauge("phase", "Servers in each phase of their life.", "{server}", "fairlead.phase");
    FamilyBuilder certificate =
        gauge(
            "certificate.left",
            "Time until the certificate of the server expires, where it is read from files.",
            "s");
    FamilyBuilder ready =
        gauge("ready", "Whether a readiness check passes.", "{check}", "fairlead.check");
    // Servers on several addresses of a machine may have one port.
    Map<Integer, List<RpcServer>> byPort =
        servers.stream().collect(Collectors.groupingBy(RpcServer::port, TreeMap::new, toList()));
    byPort.forEach(
        (number, group) -> {
          String port = Integer.toString(number);
          List<ServerLoad> loads = group.stream().map(RpcServer::load).toList();
          inFlight.add(loads.stream().mapToLong(ServerLoad::inFlight).sum(), port);
          waiting.add(loads.stream().mapToLong(ServerLoad::waiting).sum(), port);
          callers.add(loads.stream().mapToLong(ServerLoad::callers).sum(), port);
          handlers.add(group.stream().mapToLong(RpcServer::handlersRunning).sum(), port);
          serving.add(count(group, ServerState.Phase.SERVING), port);
          for (ServerState.Phase each : ServerState.Phase.values()) {
            if (each != ServerState.Phase.CLOSED) {
              phase.add(count(group, each), port, Telemetry.lower(each));
            }
          }
          sumOf(group).forEach((method, calls) -> limit.add(calls, port, method));
          group.stream()
              .flatMap(each -> each.certificateExpiry().stream())
              .min(Comparator.naturalOrder())
              .ifPresent(first -> certificate.add(left(first), port));
          checksOf(group).forEach((name, passes) -> ready.add(passes ? 1 : 0, port, name));
        });
    FamilyBuilder holds =
        FamilyBuilder.counter(
            "fairlead.event_loop.holds",
            "How often code of the application held an event loop for more than 100 ms.",
            "{hold}");
    holds.add(RpcServer.eventLoopHolds());
    for (FamilyBuilder family :
        List.of(
            inFlight,
            waiting,
            callers,
            handlers,
            serving,
            limit,
            phase,
            ready,
            certificate,
            holds)) {
      into.add(family.build());
    }
  }

  private static double left(Instant expiry) {
    return Math.max(0, Duration.between(Instant.now(), expiry).toMillis() / 1e3);
  }

  private static long count(List<RpcServer> servers, ServerState.Phase phase) {
    return servers.stream().filter(each -> each.state().phase() == phase).count();
  }

  private static Map<String, Long> sumOf(List<RpcServer> servers) {
    Map<String, Long> sums = new TreeMap<>();
    servers.forEach(
        each ->
            each.callLimits()
                .forEach((method, calls) -> sums.merge(method, (long) calls, Long::sum)));
    return sums;
  }

  private static Map<String, Boolean> checksOf(List<RpcServer> servers) {
    return servers.stream()
        .flatMap(each -> each.readiness().stream())
        .collect(
            Collectors.toMap(
                ReadinessState::name, ReadinessState::ready, Boolean::logicalAnd, TreeMap::new));
  }

  private static FamilyBuilder gauge(String name, String help, String unit, String... further) {
    String[] labels = new String[further.length + 1];
    labels[0] = "server.port";
    System.arraycopy(further, 0, labels, 1, further.length);
    return FamilyBuilder.gauge("fairlead.server." + name, help, unit, labels);
  }
}
