package io.fairlead.balance.internal;

import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointSelectorHeader;
import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.policy.BalancerSpec;
import java.time.Duration;
import java.util.Map;

/**
 * Reads balancing options from the JSON of a service config.
 *
 * <p>Nothing writes that form: options that a program makes are handed over as they are. Unknown
 * names are errors, as a misspelt option would otherwise have no effect, in silence. The limits
 * here are those of the form; the builders check what the values mean together.
 */
final class BalancingOptionsReader {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);

  private BalancingOptionsReader() {}

  /** Reads the options; the message of an error names the parameter. */
  static BalancingOptions read(Map<String, ?> config) {
    BalancerConfigReader params = new BalancerConfigReader(BalancingOptions.POLICY_NAME, config);
    BalancingOptions.Builder options =
        BalancingOptions.builder()
            .balancer(balancer(params, "balancer"))
            .subset(params.getInt("subset", 0, 0, 1_000_000))
            .strictHealth(params.getBoolean("strict_health", false))
            .outlierDetection(outlierDetection(params.getGroup("outlier_detection")))
            .panicThreshold(params.getDouble("panic_threshold", 0.5, 0, 1))
            .loadReports(
                params.getDuration("load_report_interval", Duration.ZERO, Duration.ZERO, HOUR))
            .maxConsecutiveTimeouts(params.getInt("max_consecutive_timeouts", 5, 0, 1_000_000));
    String zone = params.getString("zone", "");
    if (!zone.isEmpty()) {
      options.zone(zone);
    }
    String clientId = params.getString("client_id", "");
    if (!clientId.isEmpty()) {
      options.subset(params.getInt("subset", 0, 0, 1_000_000), clientId);
    }
    String healthService = params.getString("health_service", "");
    if (!healthService.isEmpty()) {
      options.health(healthService);
    }
    if (!params.getBoolean("health_gating", true)) {
      options.withoutHealth();
    }
    String keyHeader = params.getString("key_header", "");
    if (!keyHeader.isEmpty()) {
      options.keyHeader(keyHeader);
    }
    slowStart(params.getGroup("slow_start"), options);
    connections(params.getGroup("connections"), options);
    endpointSelectorHeader(params.getGroup("endpoint_selector_header"), options);
    params.rejectUnknown();
    return options.build();
  }

  /** Returns the name of the one entry of a map. */
  static String onlyName(String of, Map<String, ?> named) {
    if (named.size() != 1) {
      throw new IllegalArgumentException(
          ("%s is %s; use one name with its parameters, e.g. {\"least_request\":"
                  + " {\"choices\": 2}}")
              .formatted(of, named));
    }
    return named.keySet().iterator().next();
  }

  /** Reads a balancer with its parameters; the default if it is not there. */
  static BalancerSpec balancer(BalancerConfigReader params, String parameter) {
    if (!params.has(parameter)) {
      return BalancerSpec.DEFAULT;
    }
    BalancerConfigReader group = params.getGroup(parameter);
    String name = onlyName("fairlead." + parameter, group.asMap());
    return new BalancerSpec(name, group.getGroup(name).asMap());
  }

  private static void slowStart(BalancerConfigReader params, BalancingOptions.Builder options) {
    options.slowStart(
        params.getDuration("window", Duration.ZERO, Duration.ZERO, HOUR),
        params.getDouble("initial_share", 0.1, 0.001, 1));
    params.rejectUnknown();
  }

  private static OutlierDetectionPolicy outlierDetection(BalancerConfigReader params) {
    OutlierDetectionPolicy policy =
        OutlierDetectionPolicy.builder()
            .interval(params.getDuration("interval", Duration.ofSeconds(10), SECOND, DAY))
            .baseEjection(params.getDuration("base_ejection", Duration.ofSeconds(30), SECOND, DAY))
            .maxEjection(params.getDuration("max_ejection", Duration.ofMinutes(5), SECOND, DAY))
            .maxPercent(params.getInt("max_percent", 10, 0, 100))
            .consecutiveFailures(params.getInt("consecutive_failures", 5, 0, 1_000_000))
            .stdevFactor(params.getInt("stdev_factor", 1900, 0, 1_000_000))
            .failurePercent(params.getInt("failure_percent", 0, 0, 100))
            .latencyFactor(params.getDouble("latency_factor", 0, 0, 1000))
            .minHosts(params.getInt("min_hosts", 5, 1, 1_000_000))
            .minRequests(params.getInt("min_requests", 100, 1, 1_000_000))
            .build();
    params.rejectUnknown();
    return policy;
  }

  private static void connections(BalancerConfigReader params, BalancingOptions.Builder options) {
    int min = params.getInt("min", 1, 1, 64);
    options.connections(
        min,
        params.getInt("max", min, 1, 64),
        params.getInt("max_streams", 100, 1, Integer.MAX_VALUE));
    params.rejectUnknown();
  }

  private static void endpointSelectorHeader(
      BalancerConfigReader params, BalancingOptions.Builder options) {
    String header = params.getString("header", "");
    String tag = params.getString("tag", "version");
    boolean strict = params.getBoolean("strict", false);
    params.rejectUnknown();
    if (!header.isEmpty()) {
      options.endpointSelectorHeader(
          EndpointSelectorHeader.builder(header).tag(tag).strict(strict).build());
    }
  }
}
