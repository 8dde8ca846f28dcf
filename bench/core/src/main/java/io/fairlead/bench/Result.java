package io.fairlead.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The rounds of one variant under one load. */
record Result(String load, String variant, List<Sample> rounds) {

  double median(ToDoubleFunction<Sample> figure) {
    return Stats.median(rounds.stream().mapToDouble(figure).toArray());
  }

  double[] each(ToDoubleFunction<Sample> figure) {
    return rounds.stream().mapToDouble(figure).toArray();
  }

  /** How this one's figure stands to the other's, round by round, as the two were run in turn. */
  Stats.Spread ratio(Result other, ToDoubleFunction<Sample> figure) {
    double[] mine = each(figure);
    double[] theirs = other.each(figure);
    double[] ratios = new double[Math.min(mine.length, theirs.length)];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = mine[i] / theirs[i];
    }
    return Stats.spread(ratios);
  }
}
