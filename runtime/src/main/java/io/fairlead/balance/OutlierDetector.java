package io.fairlead.balance;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Judges endpoints against each other. Pure: figures in, verdicts out. */
final class OutlierDetector {
  private OutlierDetector() {}

  /** What one endpoint did in an interval. */
  record Sample(String id, boolean ejected, LoadStats.Window window) {
    double successRate() {
      return (double) window.answered() / window.total();
    }
  }

  /**
   * Who is to be ejected now, with the reason, worst first within each rule.
   *
   * @param all every endpoint that is known
   */
  static Map<String, String> decide(OutlierSettings settings, List<Sample> all) {
    Map<String, String> out = new LinkedHashMap<>();
    List<Sample> judged =
        all.stream()
            .filter(s -> !s.ejected() && s.window().total() >= settings.minRequests())
            .toList();
    long already = all.stream().filter(Sample::ejected).count();
    if (judged.size() >= settings.minHosts()) {
      Room room = new Room(settings.maxPercent(), all.size(), (int) already);
      if (settings.stdevFactor() > 0) {
        bySuccessRate(settings, judged, room, out);
      }
      if (settings.failurePercent() > 0) {
        byFailurePercent(settings, judged, room, out);
      }
      if (settings.latencyFactor() > 0) {
        byLatency(settings, judged, room, out);
      }
    }
    return out;
  }

  /** Whether one more may be ejected: the share is looked at before, so one always may. */
  static boolean mayEject(int maxPercent, int total, int ejected) {
    return maxPercent > 0 && ejected * 100L < (long) maxPercent * total;
  }

  private static void bySuccessRate(
      OutlierSettings settings, List<Sample> judged, Room room, Map<String, String> out) {
    double mean = judged.stream().mapToDouble(Sample::successRate).average().orElse(1);
    double variance =
        judged.stream()
            .mapToDouble(s -> (s.successRate() - mean) * (s.successRate() - mean))
            .average()
            .orElse(0);
    double least = mean - Math.sqrt(variance) * settings.stdevFactor() / 1000.0;
    judged.stream()
        .filter(s -> s.successRate() < least)
        .sorted((a, b) -> Double.compare(a.successRate(), b.successRate()))
        .forEach(
            s ->
                room.eject(
                    s,
                    "success rate " + percent(s.successRate()) + " of all " + percent(mean),
                    out));
  }

  private static void byFailurePercent(
      OutlierSettings settings, List<Sample> judged, Room room, Map<String, String> out) {
    judged.stream()
        .filter(s -> (1 - s.successRate()) * 100 > settings.failurePercent())
        .sorted((a, b) -> Double.compare(a.successRate(), b.successRate()))
        .forEach(s -> room.eject(s, percent(1 - s.successRate()) + " of its calls failed", out));
  }

  private static void byLatency(
      OutlierSettings settings, List<Sample> judged, Room room, Map<String, String> out) {
    double[] means =
        judged.stream().mapToDouble(s -> s.window().meanLatency()).filter(m -> m > 0).toArray();
    if (means.length < settings.minHosts()) {
      return;
    }
    Arrays.sort(means);
    double median = means[means.length / 2];
    judged.stream()
        .filter(s -> s.window().meanLatency() > median * settings.latencyFactor())
        .sorted((a, b) -> Double.compare(b.window().meanLatency(), a.window().meanLatency()))
        .forEach(
            s ->
                room.eject(
                    s,
                    "mean latency "
                        + millis(s.window().meanLatency())
                        + ", median "
                        + millis(median),
                    out));
  }

  private static String percent(double share) {
    return Math.round(share * 1000) / 10.0 + " %";
  }

  private static String millis(double nanos) {
    return Math.round(nanos / 1e4) / 100.0 + " ms";
  }

  /** Counts how many more may go. */
  private static final class Room {
    private final int maxPercent;
    private final int total;
    private int ejected;

    Room(int maxPercent, int total, int ejected) {
      this.maxPercent = maxPercent;
      this.total = total;
      this.ejected = ejected;
    }

    void eject(Sample sample, String reason, Map<String, String> out) {
      if (!out.containsKey(sample.id()) && mayEject(maxPercent, total, ejected)) {
        out.put(sample.id(), reason);
        ejected++;
      }
    }
  }
}
