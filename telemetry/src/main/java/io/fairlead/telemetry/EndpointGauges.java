package io.fairlead.telemetry;

import io.fairlead.balance.EndpointView;
import io.fairlead.client.RpcChannel;
import io.grpc.ConnectivityState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What watched channels know of their endpoints. Several channels to one target are told apart by a
 * number. The numbers of endpoints and of channels that are shown are bounded; all endpoints of a
 * channel that is shown are in its numbers by state.
 */
final class EndpointGauges {
  static final int MAX_ENDPOINTS = 500;
  static final int MAX_CHANNELS = 200;

  private static final double NANOS = 1e-9;

  private final FamilyBuilder byState =
      FamilyBuilder.gauge(
          "fairlead.client.endpoints",
          "Endpoints that a channel knows, by state.",
          "{endpoint}",
          "grpc.target",
          "fairlead.channel",
          "fairlead.state");
  private final FamilyBuilder budget =
      FamilyBuilder.gauge(
          "fairlead.client.retry_budget.available",
          "Retries that the budget of a channel would allow.",
          "{retry}",
          "grpc.target",
          "fairlead.channel");
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

  private int channelsShown;
  private int endpointsShown;

  private static FamilyBuilder gauge(String name, String help, String unit) {
    return FamilyBuilder.gauge(
        "fairlead.client.endpoint." + name,
        help,
        unit,
        "grpc.target",
        "fairlead.channel",
        "fairlead.endpoint");
  }

  private static FamilyBuilder counter(String name, String help, String unit) {
    return FamilyBuilder.counter(
        "fairlead.client.endpoint." + name,
        help,
        unit,
        "grpc.target",
        "fairlead.channel",
        "fairlead.endpoint");
  }

  /**
   * Collects what channels know.
   *
   * @param channels with the number that each has among those to its target
   */
  static void collect(Map<RpcChannel, Integer> channels, List<MetricFamily> into) {
    EndpointGauges gauges = new EndpointGauges();
    channels.forEach(gauges::add);
    into.addAll(gauges.families());
  }

  /** Returns what was added. */
  List<MetricFamily> families() {
    return Stream.of(
            byState,
            budget,
            ready,
            inFlight,
            latency,
            failureRate,
            weight,
            silence,
            missed,
            ejections)
        .map(FamilyBuilder::build)
        .toList();
  }

  private void add(RpcChannel channel, int number) {
    if (channelsShown++ >= MAX_CHANNELS) {
      return;
    }
    String target = CanonicalTargets.of(channel.target());
    String which = Integer.toString(number);
    budget.add(channel.retriesAvailable(), target, which);
    int readyNow = 0;
    int ejectedNow = 0;
    List<EndpointView> endpoints = channel.endpoints();
    for (EndpointView endpoint : endpoints) {
      readyNow += endpoint.isReady() ? 1 : 0;
      ejectedNow += endpoint.isEjected() ? 1 : 0;
      if (endpointsShown++ < MAX_ENDPOINTS) {
        add(target, which, endpoint);
      }
    }
    if (channel.state() == ConnectivityState.IDLE) {
      return; // it looks for endpoints with its next call, and lacks none
    }
    byState.add(readyNow, target, which, "ready");
    byState.add(ejectedNow, target, which, "ejected");
    byState.add(endpoints.size() - readyNow - ejectedNow, target, which, "not_ready");
  }

  /** Adds what a channel knows of one endpoint. */
  void add(String target, String channel, EndpointView endpoint) {
    String where = endpoint.hostAndPort();
    ready.add(endpoint.isReady() ? 1 : 0, target, channel, where);
    inFlight.add(endpoint.inFlight(), target, channel, where);
    latency.add(endpoint.latencyNanos() * NANOS, target, channel, where);
    failureRate.add(endpoint.failureRate(), target, channel, where);
    weight.add(endpoint.weight(), target, channel, where);
    endpoint
        .sinceHeard()
        .map(Duration::toNanos)
        .ifPresent(nanos -> silence.add(nanos * NANOS, target, channel, where));
    missed.add(endpoint.missedPings(), target, channel, where);
    ejections.add(endpoint.ejections(), target, channel, where);
  }
}
