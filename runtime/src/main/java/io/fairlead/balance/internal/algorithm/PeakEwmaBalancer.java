package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Draws two endpoints at random by weight, and chooses the one where a call should end sooner.
 *
 * <p>The estimate is the recent latency, which jumps up at once and comes down slowly, times the
 * calls in flight and this one. So an endpoint that becomes slow loses its calls after one slow
 * response, and gets them back step by step. Latencies are kept with the endpoint, not here.
 */
final class PeakEwmaBalancer implements Balancer {
  PeakEwmaBalancer(BalancerConfigReader config) {}

  @Override
  public Picker picker(Candidates candidates) {
    AliasSampler sampler = AliasSampler.of(candidates.usable(), view -> view.weight());
    return pick -> sooner(sampler, pick);
  }

  private static @Nullable EndpointView sooner(AliasSampler sampler, Pick pick) {
    int slot = sampler.next(pick, AliasSampler.NOBODY);
    if (slot == AliasSampler.NOBODY) {
      return null;
    }
    int other = sampler.next(pick, slot);
    EndpointView first = sampler.view(slot);
    EndpointView chosen =
        other != AliasSampler.NOBODY && wins(sampler.view(other), first, pick)
            ? sampler.view(other)
            : first;
    pick.reason(
        "peak_ewma: {0} us recent latency, {1} in flight",
        (long) (chosen.latencyNanos() / 1000), chosen.inFlight());
    return chosen;
  }

  private static boolean wins(EndpointView challenger, EndpointView holder, Pick pick) {
    int byFailures =
        LoadComparator.byFailures(challenger.failureRate(), holder.failureRate(), pick);
    return byFailures != 0 ? byFailures < 0 : cost(challenger) < cost(holder);
  }

  /**
   * Returns the estimate. An endpoint whose latency is unknown gets one call to learn it, and no
   * more before that call ends: otherwise a new endpoint would look infinitely fast and get all
   * calls.
   */
  private static double cost(EndpointView view) {
    double latency = view.latencyNanos();
    int inFlight = view.inFlight();
    if (latency == 0 && inFlight > 0) {
      return Double.MAX_VALUE / 2 + inFlight;
    }
    return latency * (inFlight + 1) / view.weight();
  }
}
