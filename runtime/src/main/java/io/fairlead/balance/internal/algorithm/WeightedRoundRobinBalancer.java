package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Chooses one endpoint after the other, as often as its weight says.
 *
 * <p>The weight is the one from the registry, times the one that the endpoint's own load reports
 * give, where at least half of the endpoints report. The failure rate reduces it: an endpoint that
 * fails fast looks idle, and would report that.
 *
 * <p>In each round every endpoint comes by once. It is taken in as many of the rounds as its weight
 * is to the largest weight, each starting at an offset of its own. So picks of one endpoint are
 * spread evenly, and no lock or queue is needed: a counter of all threads says which turn it is.
 */
final class WeightedRoundRobinBalancer implements Balancer {
  /** A power of two, so that sums may run over: only what is left of them matters. */
  private static final int FULL = 1 << 16;

  private final RoundRobinCounter counter = new RoundRobinCounter();
  private final boolean useReports;

  WeightedRoundRobinBalancer(BalancerConfigReader config) {
    useReports = config.getBoolean("load_reports", true);
  }

  @Override
  public boolean needsPeriodicRefresh() {
    return useReports;
  }

  @Override
  public Picker picker(Candidates candidates) {
    EndpointView[] views = EndpointList.array(candidates.usable());
    int[] strides = strides(weights(views));
    RoundRobinCounter shared = counter;
    return pick -> next(shared, views, strides, pick);
  }

  private static @Nullable EndpointView next(
      RoundRobinCounter counter, EndpointView[] views, int[] strides, Pick pick) {
    int n = views.length;
    int refused = 0;
    while (refused < n) {
      int now = counter.next(pick);
      int round = now / n;
      int i = now - round * n;
      int stride = strides[i];
      // Endpoint i is taken in the rounds where its running sum passes a multiple of FULL.
      int offset = (stride * round + FULL / 2 * i) & (FULL - 1);
      if (offset + stride < FULL) {
        continue;
      }
      EndpointView view = views[i];
      if (pick.allows(view)) {
        pick.reason("weighted_round_robin: next, weight {0} of {1}", stride, FULL);
        return view;
      }
      refused++;
    }
    return RoundRobinBalancer.anyAllowed(views, pick, "weighted_round_robin: any that may take it");
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
    double mean = believed ? sum / reporting : 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = views[i].weight();
      if (believed) {
        double reported = views[i].reportedWeight();
        weights[i] *= (reported > 0 ? reported : mean) * (1 - views[i].failureRate());
      }
    }
    return weights;
  }

  private static int[] strides(double[] weights) {
    double most = 0;
    for (double weight : weights) {
      most = Math.max(most, weight);
    }
    int[] strides = new int[weights.length];
    for (int i = 0; i < weights.length; i++) {
      // One is taken in each round, also when all of them fail every call.
      strides[i] = most > 0 ? (int) Math.max(1, Math.round(weights[i] / most * FULL)) : FULL;
    }
    return strides;
  }
}
