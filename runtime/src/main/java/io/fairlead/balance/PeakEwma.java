package io.fairlead.balance;

import org.jspecify.annotations.Nullable;

/**
 * Of two endpoints at random, drawn by weight, the one where a call should end sooner: recent
 * latency, which jumps up at once and comes down slowly, times the calls that are in line.
 */
final class PeakEwma implements Balancer {
  PeakEwma(Params params) {}

  @Override
  public Picker picker(Candidates candidates) {
    WeightedDraw draw = WeightedDraw.of(candidates.usable(), view -> view.weight());
    return pick -> sooner(draw, pick);
  }

  private static @Nullable EndpointView sooner(WeightedDraw draw, Pick pick) {
    int slot = draw.next(pick, WeightedDraw.NOBODY);
    if (slot == WeightedDraw.NOBODY) {
      return null;
    }
    int other = draw.next(pick, slot);
    EndpointView first = draw.view(slot);
    EndpointView chosen =
        other != WeightedDraw.NOBODY && wins(draw.view(other), first, pick)
            ? draw.view(other)
            : first;
    pick.because(
        "peak_ewma: {0} us recent latency, {1} in flight",
        (long) (chosen.latencyNanos() / 1000), chosen.inFlight());
    return chosen;
  }

  private static boolean wins(EndpointView challenger, EndpointView holder, Pick pick) {
    int byFailures = Compare.byFailures(challenger.failureShare(), holder.failureShare(), pick);
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
