package io.fairlead.balance;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * When an endpoint that does worse than the others is left out for a while (gRFC A50, with two
 * additions: consecutive failures, and latency).
 *
 * @param interval how often the figures are judged
 * @param baseEjection how long the first ejection lasts; each further one is longer by this
 * @param maxEjection the longest ejection
 * @param maxPercent at most this share of the endpoints is out; one always may be
 * @param consecutiveFailures consecutive calls that failed, or lost to a later hedge, and so eject
 *     at once; 0 switches it off
 * @param stdevFactor a success rate this many thousandths of a standard deviation below the mean
 *     ejects; 0 switches it off
 * @param failurePercent a percentage of failures above this ejects; 0 switches it off
 * @param latencyFactor a mean latency above this many times the median ejects; 0 switches it off
 * @param minHosts fewer endpoints with enough calls are not compared
 * @param minRequests an endpoint with fewer calls in an interval is not judged
 */
public record OutlierDetectionPolicy(
    Duration interval,
    Duration baseEjection,
    Duration maxEjection,
    int maxPercent,
    int consecutiveFailures,
    int stdevFactor,
    int failurePercent,
    double latencyFactor,
    int minHosts,
    int minRequests) {
  /** Consecutive failures, and success rate. */
  public static final OutlierDetectionPolicy DEFAULT =
      parse(new BalancerConfigReader("outlier_detection", Map.of()));

  /** No endpoint is ejected. */
  public static final OutlierDetectionPolicy OFF =
      parse(
          new BalancerConfigReader(
              "outlier_detection", Map.of("consecutive_failures", 0, "stdev_factor", 0)));

  public OutlierDetectionPolicy {
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "outlier_detection.interval is " + Durations.format(interval) + "; use 1 second or more");
    }
    if (maxEjection.compareTo(baseEjection) < 0) {
      throw new IllegalArgumentException(
          "outlier_detection.max_ejection "
              + Durations.format(maxEjection)
              + " is below base_ejection "
              + Durations.format(baseEjection));
    }
  }

  public static OutlierDetectionPolicy parse(BalancerConfigReader params) {
    Duration second = Duration.ofSeconds(1);
    Duration day = Duration.ofDays(1);
    OutlierDetectionPolicy parsed =
        new OutlierDetectionPolicy(
            params.getDuration("interval", Duration.ofSeconds(10), second, day),
            params.getDuration("base_ejection", Duration.ofSeconds(30), second, day),
            params.getDuration("max_ejection", Duration.ofSeconds(300), second, day),
            params.getInt("max_percent", 10, 0, 100),
            params.getInt("consecutive_failures", 5, 0, 1_000_000),
            params.getInt("stdev_factor", 1900, 0, 1_000_000),
            params.getInt("failure_percent", 0, 0, 100),
            params.getDouble("latency_factor", 0, 0, 1000),
            params.getInt("min_hosts", 5, 1, 1_000_000),
            params.getInt("min_requests", 100, 1, 1_000_000));
    params.rejectUnknown();
    return parsed;
  }

  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("interval", Durations.format(interval));
    config.put("base_ejection", Durations.format(baseEjection));
    config.put("max_ejection", Durations.format(maxEjection));
    config.put("max_percent", (double) maxPercent);
    config.put("consecutive_failures", (double) consecutiveFailures);
    config.put("stdev_factor", (double) stdevFactor);
    config.put("failure_percent", (double) failurePercent);
    config.put("latency_factor", latencyFactor);
    config.put("min_hosts", (double) minHosts);
    config.put("min_requests", (double) minRequests);
    return config;
  }

  @Override
  public String toString() {
    return "outlier_detection" + toConfig();
  }
}
