package io.fairlead.balance;

/** Which of two endpoints should take a call. */
final class Compare {
  /** Failures below this share are noise. */
  private static final double NOISE = 0.02;

  private Compare() {}

  /** By calls in flight for the weight; the challenger wins only if it is strictly better. */
  static boolean lessLoaded(EndpointView challenger, EndpointView holder, Pick pick) {
    int byFailures = byFailures(challenger, holder, pick);
    return byFailures != 0
        ? byFailures < 0
        : (long) challenger.inFlight() * holder.weight()
            < (long) holder.inFlight() * challenger.weight();
  }

  /**
   * Below 0 if the first wins because the other fails more, above 0 for the contrary, 0 if failures
   * decide nothing this time.
   */
  static int byFailures(EndpointView first, EndpointView second, Pick pick) {
    double difference = first.failureShare() - second.failureShare();
    if (Math.abs(difference) <= NOISE || pick.random(1 << 20) * 0x1.0p-20 >= Math.abs(difference)) {
      return 0;
    }
    return difference < 0 ? -1 : 1;
  }
}
