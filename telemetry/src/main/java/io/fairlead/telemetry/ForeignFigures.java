package io.fairlead.telemetry;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Figures that other modules keep, such as a registry, under their own names. */
final class ForeignFigures {
  private static final System.Logger LOG = System.getLogger(Telemetry.class.getName());
  private static final Map<String, String> UNITS = Map.of(".seconds", "s", ".bytes", "By");

  /** The most series of all sources together, so that their labels cannot fill the memory. */
  static final int MAX_SERIES = 2_000;

  private final List<Consumer<Telemetry.Figures>> sources = new CopyOnWriteArrayList<>();

  void add(Consumer<Telemetry.Figures> source) {
    sources.add(source);
  }

  void collect(List<MetricFamily> into) {
    Map<String, Family> families = new TreeMap<>();
    int left = MAX_SERIES;
    for (Consumer<Telemetry.Figures> source : sources) {
      for (Figure figure : figuresOf(source)) {
        if (left-- > 0) {
          families
              .computeIfAbsent(figure.name, name -> new Family(name, figure.counter))
              .points
              .put(figure.labels, figure.value);
        }
      }
    }
    families.values().forEach(family -> into.add(family.build()));
  }

  /** Of a source that fails there is nothing, rather than a part. */
  private static List<Figure> figuresOf(Consumer<Telemetry.Figures> source) {
    List<Figure> figures = new ArrayList<>();
    try {
      source.accept(
          (name, labels, value, counter) ->
              figures.add(new Figure(name, Map.copyOf(labels), value, counter)));
      return figures;
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "the figures of " + source + " are left out", e);
      return List.of();
    }
  }

  private record Figure(String name, Map<String, String> labels, double value, boolean counter) {}

  /** A metric of another module. */
  private static final class Family {
    final String name;
    final String unit;
    final boolean counter;
    final Map<Map<String, String>, Double> points = new LinkedHashMap<>();

    Family(String given, boolean counter) {
      String suffix = UNITS.keySet().stream().filter(given::endsWith).findFirst().orElse("");
      this.name = given.substring(0, given.length() - suffix.length());
      this.unit = UNITS.getOrDefault(suffix, "1");
      this.counter = counter;
    }

    MetricFamily build() {
      return new MetricFamily(
          name,
          "A figure of another module, " + name + ".",
          unit,
          counter ? MetricFamily.Type.COUNTER : MetricFamily.Type.GAUGE,
          points.entrySet().stream()
              .map(point -> new MetricFamily.Point(point.getKey(), point.getValue()))
              .toList());
    }
  }
}
