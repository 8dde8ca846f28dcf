package io.fairlead.telemetry;

import io.fairlead.balance.EndpointView;
import io.fairlead.client.RpcChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What watched channels know of their endpoints. The number of endpoints that are told apart is
 * bounded; all of them are in the numbers by state.
 */
final class EndpointGauges {
  static final int MAX_ENDPOINTS = 500;

  private static final double NANOS = 1e-9;

  private final FamilyBuilder byState =
      FamilyBuilder.gauge(
          "fairlead.client.endpoints",
          "Endpoints that a channel knows, by state.",
          "{endpoint}",
          "grpc.target",
          "fairlead.state");
  private final FamilyBuilder budget =
      FamilyBuilder.gauge(
          "fairlead.client.retry_budget.available",
          "Retries that the budget of a channel would allow.",
          "{retry}",
          "grpc.target");
  private final FamilyBuilder ready =
      gauge("ready", "Whether calls may be sent to an endpoint.", "{endpoint}");
  private final FamilyBuilder inFlight =
      gauge("in_flight", "Calls of the channel on their way to an endpoint.", "{call}");
  private final FamilyBuilder latency =
      gauge("latency", "Recent latency of an endpoint, quick to rise and slow to fall.", "s");
  private final FamilyBuilder failureRate =
      gauge("failure_rate", "Recent share of calls that failed by the endpoint's fault.", "1");
  private final FamilyBuilder weight =
      gauge("weight", "Weight of an endpoint, from the registry.", "{weight}");
  private final FamilyBuilder silence =
      gauge("silence", "Time since the last sign of life of an endpoint.", "s");
  private final FamilyBuilder missed =
      counter("missed_pings", "Pings that an endpoint has not replied to in time.", "{ping}");
  private final FamilyBuilder ejections =
      counter("ejections", "How often an endpoint was ejected.", "{ejection}");
  private final Set<List<String>> seen = new HashSet<>();
  private final Set<String> targets = new HashSet<>();

  private EndpointGauges() {}

  private static FamilyBuilder gauge(String name, String help, String unit) {
    return FamilyBuilder.gauge(
        "fairlead.client.endpoint." + name, help, unit, "grpc.target", "fairlead.endpoint");
  }

  private static FamilyBuilder counter(String name, String help, String unit) {
    return FamilyBuilder.counter(
        "fairlead.client.endpoint." + name, help, unit, "grpc.target", "fairlead.endpoint");
  }

  static void collect(List<RpcChannel> channels, List<MetricFamily> into) {
    EndpointGauges gauges = new EndpointGauges();
    channels.forEach(gauges::add);
    for (FamilyBuilder family :
        List.of(
            gauges.byState,
            gauges.budget,
            gauges.ready,
            gauges.inFlight,
            gauges.latency,
            gauges.failureRate,
            gauges.weight,
            gauges.silence,
            gauges.missed,
            gauges.ejections)) {
      into.add(family.build());
    }
  }

  /** Of several channels to one target the first is shown: a series has one value. */
  private void add(RpcChannel channel) {
    String target = channel.target();
    if (!targets.add(target)) {
      return;
    }
    budget.add(channel.retriesAvailable(), target);
    int readyNow = 0;
    int ejectedNow = 0;
    List<EndpointView> endpoints = channel.endpoints();
    for (EndpointView endpoint : endpoints) {
      readyNow += endpoint.isReady() ? 1 : 0;
      ejectedNow += endpoint.isEjected() ? 1 : 0;
      if (seen.size() < MAX_ENDPOINTS && seen.add(List.of(target, endpoint.hostAndPort()))) {
        add(target, endpoint);
      }
    }
    byState.add(readyNow, target, "ready");
    byState.add(ejectedNow, target, "ejected");
    byState.add(endpoints.size() - readyNow - ejectedNow, target, "not_ready");
  }

  private void add(String target, EndpointView endpoint) {
    String where = endpoint.hostAndPort();
    ready.add(endpoint.isReady() ? 1 : 0, target, where);
    inFlight.add(endpoint.inFlight(), target, where);
    latency.add(endpoint.latencyNanos() * NANOS, target, where);
    failureRate.add(endpoint.failureRate(), target, where);
    weight.add(endpoint.weight(), target, where);
    endpoint
        .sinceHeard()
        .map(Duration::toNanos)
        .ifPresent(nanos -> silence.add(nanos * NANOS, target, where));
    missed.add(endpoint.missedPings(), target, where);
    ejections.add(endpoint.ejections(), target, where);
  }
}
