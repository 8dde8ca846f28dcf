package io.fairlead.balance;

import org.jspecify.annotations.Nullable;

/**
 * Round robin, but with some probability any endpoint: keeps many clients that began together from
 * going round in step.
 */
final class MixedRoundRobin implements Balancer {
  private final RoundRobin inTurn;
  private final int randomBelow;

  MixedRoundRobin(Params params) {
    inTurn = new RoundRobin(params);
    randomBelow = (int) (params.number("probability", 0.1, 0, 1) * (1 << 20));
  }

  @Override
  public Picker picker(Candidates candidates) {
    Picker turn = inTurn.picker(candidates);
    WeightedDraw draw = WeightedDraw.of(candidates.usable(), view -> 1);
    return pick -> pick.random(1 << 20) < randomBelow ? any(draw, pick) : inTurn(turn, pick);
  }

  private static @Nullable EndpointView inTurn(Picker turn, Pick pick) {
    EndpointView chosen = turn.pick(pick);
    pick.because("mixed_round_robin: its turn");
    return chosen;
  }

  private static @Nullable EndpointView any(WeightedDraw draw, Pick pick) {
    EndpointView drawn = draw.any(pick);
    pick.because("mixed_round_robin: drawn out of turn, of {0}", draw.size(), 0);
    return drawn;
  }
}
