package io.fairlead.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The rounds of one variant under one load. */
record Result(String load, String variant, List<Sample> rounds) {

  /** The rounds of all starts as those of one. */
  static List<Result> joined(List<List<Result>> starts) {
    Map<List<String>, List<Sample>> rounds = new LinkedHashMap<>();
    for (Result result : starts.stream().flatMap(List::stream).toList()) {
      rounds
          .computeIfAbsent(List.of(result.load(), result.variant()), name -> new ArrayList<>())
          .addAll(result.rounds());
    }
    return rounds.entrySet().stream()
        .map(all -> new Result(all.getKey().get(0), all.getKey().get(1), all.getValue()))
        .toList();
  }

  double median(ToDoubleFunction<Sample> figure) {
    return Stats.median(rounds.stream().mapToDouble(figure).toArray());
  }

  double[] each(ToDoubleFunction<Sample> figure) {
    return rounds.stream().mapToDouble(figure).toArray();
  }

  /** How this one's figure stands to the other's, round by round, as the two were run in turn. */
  Stats.Spread ratio(Result other, ToDoubleFunction<Sample> figure) {
    return Stats.spread(ratios(other, figure));
  }

  /** Of how many rounds at least one of the two was still being compiled; a start always is. */
  int cold(Result other) {
    int cold = 0;
    for (int i = 0; i < Math.min(rounds.size(), other.rounds.size()); i++) {
      if (rounds.get(i).isCompiling() || other.rounds.get(i).isCompiling()) {
        cold++;
      }
    }
    return load.startsWith("start-") ? 0 : cold;
  }

  double[] ratios(Result other, ToDoubleFunction<Sample> figure) {
    double[] mine = each(figure);
    double[] theirs = other.each(figure);
    double[] ratios = new double[Math.min(mine.length, theirs.length)];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = mine[i] / theirs[i];
    }
    return ratios;
  }
}
