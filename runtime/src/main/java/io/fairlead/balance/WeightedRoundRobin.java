package io.fairlead.balance;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One after the other, as often as the weight says: the weight from the registry, times the one
 * that the endpoint's own load reports give, where at least half of the endpoints report.
 *
 * <p>In each round every endpoint comes by once and is taken in as many of the rounds as its weight
 * is to the largest weight, each starting at its own place in the rhythm. Nothing is locked, and
 * picks come evenly.
 */
final class WeightedRoundRobin implements Balancer {
  private static final long FULL = 1 << 16;

  private final AtomicLong turn = new AtomicLong(-1);
  private final boolean useReports;

  WeightedRoundRobin(Params params) {
    useReports = params.flag("load_reports", true);
  }

  @Override
  public boolean refreshes() {
    return useReports;
  }

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = Views.array(candidates.usable());
    long[] strides = strides(weights(views));
    return pick -> next(views, strides, pick);
  }

  private @Nullable EndpointView next(EndpointView[] views, long[] strides, Pick pick) {
    int n = views.length;
    if (turn.get() < 0) {
      turn.compareAndSet(-1, pick.random(1 << 30));
    }
    int refused = 0;
    while (refused < n) {
      long now = turn.getAndIncrement();
      int i = (int) (now % n);
      // Endpoint i has its turn in the rounds where its running sum passes a multiple of FULL.
      long place = (strides[i] * (now / n) + (FULL / 2) * i) % FULL;
      if (place + strides[i] < FULL) {
        continue;
      }
      if (pick.allows(views[i])) {
        pick.because("weighted_round_robin: its turn, weight {0} of {1}", strides[i], FULL);
        return views[i];
      }
      refused++;
    }
    return RoundRobin.anyAllowed(views, pick, "weighted_round_robin: any that may take it");
  }

  private double[] weights(EndpointView[] views) {
    double[] weights = new double[views.length];
    int reporting = 0;
    double sum = 0;
    for (EndpointView view : views) {
      double reported = useReports ? view.reportedWeight() : 0;
      reporting += reported > 0 ? 1 : 0;
      sum += reported;
    }
    boolean believed = reporting * 2 >= views.length && reporting > 0;
    double mean = believed ? sum / reporting : 1;
    for (int i = 0; i < weights.length; i++) {
      double reported = believed ? views[i].reportedWeight() : 0;
      weights[i] = views[i].weight() * (reported > 0 ? reported : mean);
    }
    return weights;
  }

  private static long[] strides(double[] weights) {
    double most = 0;
    for (double weight : weights) {
      most = Math.max(most, weight);
    }
    long[] strides = new long[weights.length];
    for (int i = 0; i < weights.length; i++) {
      strides[i] = Math.max(1, Math.round(weights[i] / most * FULL));
    }
    return strides;
  }
}
