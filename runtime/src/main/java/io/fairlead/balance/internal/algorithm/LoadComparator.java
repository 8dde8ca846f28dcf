package io.fairlead.balance.internal.algorithm;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;

/**
 * Decides which of two endpoints should take a call. Has no state.
 *
 * <p>The usual comparison is of calls in flight divided by weight, written as products to avoid the
 * division. Where one of the two fails calls or warms up, failures are compared first. They decide
 * at random, with a probability equal to the difference of the failure rates. So an endpoint that
 * fails half of its calls loses half of its comparisons, and still gets calls that show when it is
 * well again.
 */
public final class LoadComparator {
  /** Failures below this share are noise. */
  public static final double NOISE = 0.02;

  private LoadComparator() {}

  /** Compares calls in flight by weight; the challenger wins only if it is strictly better. */
  static boolean lessLoaded(CountingEndpoint challenger, CountingEndpoint holder, Pick pick) {
    int ofChallenger = challenger.packedLoad();
    int ofHolder = holder.packedLoad();
    return (ofChallenger | ofHolder) >= 0
        ? (long) ofChallenger * holder.weight() < (long) ofHolder * challenger.weight()
        : lessLoadedWhenImpaired(challenger, holder, pick);
  }

  /** Compares two of which at least one fails calls, or takes only a share of them. */
  private static boolean lessLoadedWhenImpaired(
      CountingEndpoint challenger, CountingEndpoint holder, Pick pick) {
    int byFailures = byFailures(challenger.failureRate(), holder.failureRate(), pick);
    return byFailures != 0
        ? byFailures < 0
        : challenger.inFlight() * (holder.weight() * holder.share())
            < holder.inFlight() * (challenger.weight() * challenger.share());
  }

  /**
   * Returns whether an endpoint may take a call that belongs to another one: one that fails a share
   * of its calls refuses that share, since failing fast looks like having room.
   */
  static boolean acceptsOverflow(EndpointView view, Pick pick) {
    double failures = view.failureRate();
    return failures <= NOISE || pick.random(1 << 20) * 0x1.0p-20 >= failures;
  }

  /**
   * Returns a number below 0 if the first wins because the other fails more, above 0 for the
   * contrary, 0 if failures decide nothing this time.
   */
  static int byFailures(double first, double second, Pick pick) {
    double difference = first - second;
    if (Math.abs(difference) <= NOISE || pick.random(1 << 20) * 0x1.0p-20 >= Math.abs(difference)) {
      return 0;
    }
    return difference < 0 ? -1 : 1;
  }
}
