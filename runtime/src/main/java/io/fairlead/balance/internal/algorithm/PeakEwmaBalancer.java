package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import org.jspecify.annotations.Nullable;

/**
 * Of two endpoints at random, drawn by weight, the one where a call should end sooner: recent
 * latency, which jumps up at once and comes down slowly, times the calls in flight and this one.
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

  /** One whose latency is not known gets one call to learn it, and no more before that ends. */
  private static double cost(EndpointView view) {
    double latency = view.latencyNanos();
    int inFlight = view.inFlight();
    if (latency == 0 && inFlight > 0) {
      return Double.MAX_VALUE / 2 + inFlight;
    }
    return latency * (inFlight + 1) / view.weight();
  }
}
