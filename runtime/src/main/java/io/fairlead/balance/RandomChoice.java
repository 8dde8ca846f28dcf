package io.fairlead.balance;

/** Any endpoint; by weight for {@code weighted_random}, with equal chances for {@code random}. */
final class RandomChoice implements Balancer {
  private final boolean weighted;

  private RandomChoice(boolean weighted) {
    this.weighted = weighted;
  }

  static RandomChoice even(Params params) {
    return new RandomChoice(false);
  }

  static RandomChoice weighted(Params params) {
    return new RandomChoice(true);
  }

  @Override
  public Picker picker(Candidates candidates) {
    WeightedDraw draw = WeightedDraw.of(candidates.usable(), view -> weighted ? view.weight() : 1);
    String reason = (weighted ? "weighted_random" : "random") + ": drawn of {0}";
    return pick -> {
      EndpointView drawn = draw.any(pick);
      pick.because(reason, draw.size(), 0);
      return drawn;
    };
  }
}
