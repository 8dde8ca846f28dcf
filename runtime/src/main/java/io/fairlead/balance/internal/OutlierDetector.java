package io.fairlead.balance.internal;

import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.internal.Durations;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares endpoints with each other, and decides which to eject. Pure: figures in, verdicts out.
 *
 * <p>The rules are those of gRFC A50: a success rate far below the mean, a share of failures above
 * a threshold; and one for latency. Each rule needs a minimum of endpoints and of calls. A bound on
 * the share of ejected endpoints holds for all rules together, and the worst go first.
 */
final class OutlierDetector {
  private OutlierDetector() {}

  /** What one endpoint did in an interval. */
  record Sample(String id, boolean ejected, LoadStats.Window window) {
    double successRate() {
      return (double) window.successes() / window.total();
    }
  }

  /**
   * What was found of an endpoint.
   *
   * @param rule by the names of gRFC A91, and {@code latency}
   * @param reason the same for people
   * @param ejects false if as many are ejected already as may be
   */
  record Verdict(String rule, String reason, boolean ejects) {}

  /**
   * Who stands out now, with the reason, worst first within each rule.
   *
   * @param all every endpoint that is known
   */
  static Map<String, Verdict> decide(OutlierDetectionPolicy policy, List<Sample> all) {
    Map<String, Verdict> out = new LinkedHashMap<>();
    List<Sample> judged =
        all.stream()
            .filter(s -> !s.ejected() && s.window().total() >= policy.minRequests())
            .toList();
    long already = all.stream().filter(Sample::ejected).count();
    if (judged.size() >= policy.minHosts()) {
      EjectionBudget ejectionBudget =
          new EjectionBudget(policy.maxPercent(), all.size(), (int) already);
      if (policy.stdevFactor().isPresent()) {
        bySuccessRate(policy.stdevFactor().getAsInt(), judged, ejectionBudget, out);
      }
      if (policy.failurePercent().isPresent()) {
        byFailurePercent(policy.failurePercent().getAsInt(), judged, ejectionBudget, out);
      }
      if (policy.latencyFactor().isPresent()) {
        byLatency(
            policy.latencyFactor().getAsDouble(), policy.minHosts(), judged, ejectionBudget, out);
      }
    }
    return out;
  }

  /** Whether one more may be ejected: the share is looked at before, so one always may. */
  static boolean mayEject(int maxPercent, int total, int ejected) {
    return maxPercent > 0 && ejected * 100L < (long) maxPercent * total;
  }

  /** Ejects endpoints whose success rate is far below the mean, measured in standard deviations. */
  private static void bySuccessRate(
      int stdevFactor,
      List<Sample> judged,
      EjectionBudget ejectionBudget,
      Map<String, Verdict> out) {
    double mean = judged.stream().mapToDouble(Sample::successRate).average().orElse(1);
    double variance =
        judged.stream()
            .mapToDouble(s -> (s.successRate() - mean) * (s.successRate() - mean))
            .average()
            .orElse(0);
    double least = mean - Math.sqrt(variance) * stdevFactor / 1000.0;
    judged.stream()
        .filter(s -> s.successRate() < least)
        .sorted((a, b) -> Double.compare(a.successRate(), b.successRate()))
        .forEach(
            s ->
                ejectionBudget.eject(
                    s,
                    "success_rate",
                    "success rate " + percent(s.successRate()) + " of all " + percent(mean),
                    out));
  }

  /** Ejects endpoints that fail more than a fixed share of their calls. */
  private static void byFailurePercent(
      int failurePercent,
      List<Sample> judged,
      EjectionBudget ejectionBudget,
      Map<String, Verdict> out) {
    judged.stream()
        .filter(s -> (1 - s.successRate()) * 100 > failurePercent)
        .sorted((a, b) -> Double.compare(a.successRate(), b.successRate()))
        .forEach(
            s ->
                ejectionBudget.eject(
                    s,
                    "failure_percentage",
                    percent(1 - s.successRate()) + " of its calls failed",
                    out));
  }

  /** Ejects endpoints whose mean latency is a multiple of the median of all; off by default. */
  private static void byLatency(
      double latencyFactor,
      int minHosts,
      List<Sample> judged,
      EjectionBudget ejectionBudget,
      Map<String, Verdict> out) {
    double[] means =
        judged.stream().mapToDouble(s -> s.window().meanLatency()).filter(m -> m > 0).toArray();
    if (means.length < minHosts) {
      return;
    }
    Arrays.sort(means);
    double median = means[means.length / 2];
    judged.stream()
        .filter(s -> s.window().meanLatency() > median * latencyFactor)
        .sorted((a, b) -> Double.compare(b.window().meanLatency(), a.window().meanLatency()))
        .forEach(
            s ->
                ejectionBudget.eject(
                    s,
                    "latency",
                    "mean latency "
                        + Durations.rough((long) s.window().meanLatency())
                        + ", median "
                        + Durations.rough((long) median),
                    out));
  }

  private static String percent(double share) {
    return Math.round(share * 1000) / 10.0 + " %";
  }

  /** Counts how many more may go. */
  private static final class EjectionBudget {
    private final int maxPercent;
    private final int total;
    private int ejected;

    EjectionBudget(int maxPercent, int total, int ejected) {
      this.maxPercent = maxPercent;
      this.total = total;
      this.ejected = ejected;
    }

    void eject(Sample sample, String rule, String reason, Map<String, Verdict> out) {
      if (!out.containsKey(sample.id())) {
        boolean ejects = mayEject(maxPercent, total, ejected);
        out.put(sample.id(), new Verdict(rule, reason, ejects));
        ejected += ejects ? 1 : 0;
      }
    }
  }
}
