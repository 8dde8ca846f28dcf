package io.fairlead.bench.balance;

/**
 * What callers felt, failed calls included, and what endpoints got.
 *
 * @param imbalance the calls of the endpoint that got most for its capacity, over the mean
 * @param troubledShare the share of calls that the troubled endpoint got
 * @param coldP99 of the endpoint that started cold, while it warms up; 0 in other scenarios
 * @param warmP99 of the others in that time
 */
record Outcome(
    Trial trial,
    long calls,
    long failed,
    double p50,
    double p99,
    double p999,
    double imbalance,
    double troubledShare,
    double coldP99,
    double warmP99) {
  double failedShare() {
    return (double) failed / calls;
  }

  double coldRatio() {
    return coldP99 / warmP99;
  }

  boolean hasColdFigures() {
    return coldP99 > 0;
  }

  boolean is(Subject subject, Scenario scenario, int size, double load) {
    return trial.subject().equals(subject)
        && trial.scenario() == scenario
        && trial.size() == size
        && trial.load() == load;
  }

  @Override
  public String toString() {
    return "%s: p50 %.0f, p99 %.0f, p99.9 %.0f ms, %.3f %% failed, imbalance %.2f, troubled %.4f, cold %.2f"
        .formatted(
            trial, p50, p99, p999, failedShare() * 100, imbalance, troubledShare, coldRatio());
  }
}
