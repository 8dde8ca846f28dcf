package io.fairlead.bench.balance;

import java.util.List;
import org.HdrHistogram.Histogram;

/** Counts what happened to the calls that arrived while the measurement ran. */
final class Tally {
  private static final int DIGITS = 2;

  private final Histogram all = new Histogram(DIGITS);
  private final Histogram cold = new Histogram(DIGITS);
  private final Histogram warm = new Histogram(DIGITS);
  private long failed;
  private long total;
  private long troubled;
  private double imbalance;

  void arrived(boolean atTroubled) {
    total++;
    troubled += atTroubled ? 1 : 0;
  }

  void ended(long nanos, boolean ok) {
    all.recordValue(nanos / 1000);
    failed += ok ? 0 : 1;
  }

  void endedInColdStart(long nanos, boolean atCold) {
    (atCold ? cold : warm).recordValue(nanos / 1000);
  }

  /** Keeps what the endpoints got in a round; only the last round's share of it is reported. */
  void endOfRound(List<Server> servers) {
    double received = 0;
    double capacity = 0;
    double most = 0;
    for (Server server : servers) {
      if (server.capacity() > 0) {
        received += server.received;
        capacity += server.capacity();
        most = Math.max(most, server.received / server.capacity());
      }
    }
    imbalance = most / (received / capacity);
  }

  Outcome outcome(Trial trial) {
    return new Outcome(
        trial,
        total,
        failed,
        millis(all, 50),
        millis(all, 99),
        millis(all, 99.9),
        imbalance,
        (double) troubled / total,
        millis(cold, 99),
        millis(warm, 99));
  }

  private static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e3;
  }
}
