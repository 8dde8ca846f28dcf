package io.fairlead.balance;

import io.fairlead.internal.Durations;
import io.fairlead.internal.ServiceConfigValues;
import io.fairlead.policy.BalancerSpec;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How a channel balances its calls. The same names and values are those of a service config: {@code
 * {"loadBalancingConfig": [{"fairlead": {"balancer": {"peak_ewma": {}}, "subset": 20}}]}}.
 *
 * @param balancer what calls use that ask for nothing else
 * @param zone where this process runs: calls stay there while its endpoints suffice; empty for no
 *     preference
 * @param subset how many endpoints the channel connects to; 0 for all
 * @param clientId decides which ones; empty for a different choice in each channel
 * @param slowStart how endpoints begin
 * @param outlierDetection when endpoints are ejected
 * @param panicThreshold below this share of endpoints that are not ejected, ejection is ignored
 * @param healthGating whether {@code grpc.health.v1} is watched on each connection
 * @param healthService which service's health; empty for the server's
 * @param connections how many connections to each endpoint
 * @param loadReportInterval how often endpoints are asked to report their load; zero for never
 * @param maxConsecutiveTimeouts how many consecutive calls on one connection may time out before it
 *     is replaced; 0 for no limit
 * @param keyHeader a request header whose value is the key of consistent hashing for calls that
 *     bring none; empty for none
 * @param endpointSelectorHeader a request header that sends calls to the endpoints with a tag
 */
public record BalancingOptions(
    BalancerSpec balancer,
    String zone,
    int subset,
    String clientId,
    SlowStart slowStart,
    OutlierDetectionPolicy outlierDetection,
    double panicThreshold,
    boolean healthGating,
    String healthService,
    ConnectionLimits connections,
    Duration loadReportInterval,
    int maxConsecutiveTimeouts,
    String keyHeader,
    EndpointSelectorHeader endpointSelectorHeader) {
  /** The name of these options in a service config's {@code loadBalancingConfig}. */
  public static final String POLICY_NAME = "fairlead";

  /** What a channel does where nothing is said. */
  public static final BalancingOptions DEFAULT = parse(Map.of());

  public BalancingOptions {
    Objects.requireNonNull(zone, "zone");
    Objects.requireNonNull(clientId, "clientId");
    Objects.requireNonNull(slowStart, "slowStart");
    Objects.requireNonNull(outlierDetection, "outlierDetection");
    Objects.requireNonNull(healthService, "healthService");
    Objects.requireNonNull(connections, "connections");
    Objects.requireNonNull(endpointSelectorHeader, "endpointSelectorHeader");
    checkHeader("key_header", keyHeader);
    checkHeader("endpoint_selector_header.header", endpointSelectorHeader.header());
    Objects.requireNonNull(balancer, "balancer");
    if (subset < 0 || maxConsecutiveTimeouts < 0) {
      throw new IllegalArgumentException(
          "subset is "
              + subset
              + " and max_consecutive_timeouts "
              + maxConsecutiveTimeouts
              + "; use 0 or more");
    }
    if (!(panicThreshold >= 0 && panicThreshold <= 1)) {
      throw new IllegalArgumentException(
          "panic_threshold is " + panicThreshold + "; use a share from 0 to 1");
    }
    if (loadReportInterval.isNegative()) {
      throw new IllegalArgumentException(
          "load_report_interval is "
              + Durations.format(loadReportInterval)
              + "; use 0 (never) or more");
    }
  }

  private static void checkHeader(String parameter, String name) {
    if (!name.isEmpty() && !name.matches("(?i)[a-z0-9_.-]+(?<!-bin)")) {
      throw new IllegalArgumentException(
          parameter
              + " is \""
              + name
              + "\"; use the name of a text header: a-z, 0-9, \"-\", \"_\", \".\", and not \"-bin\""
              + " at its end");
    }
  }

  /** A builder that starts from the defaults. */
  public static Builder builder() {
    return new Builder(Map.of());
  }

  /** A builder that starts from these. */
  public Builder toBuilder() {
    return new Builder(toConfig());
  }

  /** Sets them on a channel that is being built. */
  public void configure(ManagedChannelBuilder<?> builder) {
    builder.defaultLoadBalancingPolicy(POLICY_NAME);
    builder.defaultServiceConfig(
        Map.of("loadBalancingConfig", List.of(Map.of(POLICY_NAME, toConfig()))));
  }

  /** The form in a service config. */
  public Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("balancer", Map.of(balancer.name(), ServiceConfigValues.of(balancer.config())));
    config.put("zone", zone);
    config.put("subset", (double) subset);
    config.put("client_id", clientId);
    config.put("slow_start", slowStart.toConfig());
    config.put("outlier_detection", outlierDetection.toConfig());
    config.put("panic_threshold", panicThreshold);
    config.put("health_gating", healthGating);
    config.put("health_service", healthService);
    config.put("connections", connections.toConfig());
    config.put("load_report_interval", Durations.format(loadReportInterval));
    config.put("max_consecutive_timeouts", (double) maxConsecutiveTimeouts);
    config.put("key_header", keyHeader);
    config.put("endpoint_selector_header", endpointSelectorHeader.toConfig());
    return config;
  }

  @Override
  public String toString() {
    return "balancing" + toConfig();
  }

  /** Reads the form in a service config; the message of an error names the parameter. */
  public static BalancingOptions parse(Map<String, ?> config) {
    BalancerConfigReader params = new BalancerConfigReader(POLICY_NAME, config);
    BalancingOptions parsed =
        new BalancingOptions(
            balancer(params),
            params.getString("zone", ""),
            params.getInt("subset", 0, 0, 1_000_000),
            params.getString("client_id", ""),
            SlowStart.parse(params.getGroup("slow_start")),
            OutlierDetectionPolicy.parse(params.getGroup("outlier_detection")),
            params.getDouble("panic_threshold", 0.5, 0, 1),
            params.getBoolean("health_gating", true),
            params.getString("health_service", ""),
            ConnectionLimits.parse(params.getGroup("connections")),
            params.getDuration(
                "load_report_interval", Duration.ZERO, Duration.ZERO, Duration.ofHours(1)),
            params.getInt("max_consecutive_timeouts", 5, 0, 1_000_000),
            params.getString("key_header", ""),
            EndpointSelectorHeader.parse(params.getGroup("endpoint_selector_header")));
    params.rejectUnknown();
    return parsed;
  }

  /** The name of the one entry of a map. */
  public static String onlyName(String of, Map<String, ?> named) {
    if (named.size() != 1) {
      throw new IllegalArgumentException(
          of
              + " is "
              + named
              + "; use one name with its parameters, e.g. {\"least_request\": {\"choices\": 2}}");
    }
    return named.keySet().iterator().next();
  }

  private static BalancerSpec balancer(BalancerConfigReader params) {
    if (!params.has("balancer")) {
      return BalancerSpec.DEFAULT;
    }
    String name = onlyName("fairlead.balancer", params.getGroup("balancer").asMap());
    return new BalancerSpec(name, params.getGroup("balancer").getGroup(name).asMap());
  }

  /** Collects options; {@link #build} checks them. */
  public static final class Builder {
    private final Map<String, Object> config;

    private Builder(Map<String, ?> from) {
      config = new LinkedHashMap<>(from);
    }

    /** The balancer of calls that ask for none. */
    public Builder balancer(BalancerSpec balancer) {
      config.put("balancer", Map.of(balancer.name(), balancer.config()));
      return this;
    }

    /** Where this process runs. */
    public Builder zone(String zone) {
      config.put("zone", zone);
      return this;
    }

    /** Connects to this many endpoints, chosen by the client's id. */
    public Builder subset(int size, String clientId) {
      config.put("subset", size);
      config.put("client_id", clientId);
      return this;
    }

    /** How endpoints begin. */
    public Builder slowStart(SlowStart slowStart) {
      config.put("slow_start", slowStart.toConfig());
      return this;
    }

    /** When endpoints are ejected. */
    public Builder outlierDetection(OutlierDetectionPolicy policy) {
      config.put("outlier_detection", policy.toConfig());
      return this;
    }

    /** Below this share of endpoints that are not ejected, ejection is ignored. */
    public Builder panicThreshold(double share) {
      config.put("panic_threshold", share);
      return this;
    }

    /** Watches the health of a service on each connection; empty for the server's. */
    public Builder health(String service) {
      config.put("health_gating", true);
      config.put("health_service", service);
      return this;
    }

    /** Takes every endpoint that is connected for healthy. */
    public Builder withoutHealth() {
      config.put("health_gating", false);
      return this;
    }

    /** How many connections to each endpoint. */
    public Builder connections(ConnectionLimits connections) {
      config.put("connections", connections.toConfig());
      return this;
    }

    /** Asks endpoints to report their load this often. */
    public Builder loadReports(Duration interval) {
      config.put("load_report_interval", Durations.format(interval));
      return this;
    }

    /** Replaces a connection after this many consecutive timeouts on it; 0 switches it off. */
    public Builder maxConsecutiveTimeouts(int count) {
      config.put("max_consecutive_timeouts", count);
      return this;
    }

    /** Takes the key of consistent hashing from a request header. */
    public Builder keyHeader(String name) {
      config.put("key_header", name);
      return this;
    }

    /** Sends calls to the endpoints with a tag, as a request header says. */
    public Builder endpointSelectorHeader(EndpointSelectorHeader selectorHeader) {
      config.put("endpoint_selector_header", selectorHeader.toConfig());
      return this;
    }

    /** The options, checked. */
    public BalancingOptions build() {
      return parse(config);
    }
  }
}
