package io.fairlead.telemetry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the values of one metric. */
final class FamilyBuilder {
  private final String name;
  private final String help;
  private final String unit;
  private final MetricFamily.Type type;
  private final List<String> labelNames;
  private final List<MetricFamily.Point> points = new ArrayList<>();

  private FamilyBuilder(
      MetricFamily.Type type, String name, String help, String unit, String... labelNames) {
    this.name = name;
    this.help = help;
    this.unit = unit;
    this.type = type;
    this.labelNames = List.of(labelNames);
  }

  static FamilyBuilder counter(String name, String help, String unit, String... labelNames) {
    return new FamilyBuilder(MetricFamily.Type.COUNTER, name, help, unit, labelNames);
  }

  static FamilyBuilder gauge(String name, String help, String unit, String... labelNames) {
    return new FamilyBuilder(MetricFamily.Type.GAUGE, name, help, unit, labelNames);
  }

  static FamilyBuilder histogram(String name, String help, String unit, String... labelNames) {
    return new FamilyBuilder(MetricFamily.Type.HISTOGRAM, name, help, unit, labelNames);
  }

  /**
   * Adds a value; the labels in the order of their names. A negative one means that the virtual
   * machine does not know, and is left out.
   */
  void add(double value, String... labels) {
    if (value < 0) {
      return;
    }
    points.add(new MetricFamily.Point(labels(labels), value));
  }

  /** Adds a count; the labels in the order of their names. */
  void add(long count, String... labels) {
    add((double) count, labels);
  }

  /** Adds a histogram, unless there is none or nothing was recorded. */
  void add(@Nullable Histogram histogram, String... labels) {
    if (histogram != null) {
      HistogramSnapshot snapshot = histogram.snapshot();
      if (snapshot.count() > 0) {
        points.add(new MetricFamily.Point(labels(labels), snapshot));
      }
    }
  }

  private Map<String, String> labels(String... values) {
    if (values.length != labelNames.size()) {
      throw new IllegalArgumentException(name + " has the labels " + labelNames);
    }
    Map<String, String> labels = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      labels.put(labelNames.get(i), values[i]);
    }
    return labels;
  }

  MetricFamily build() {
    return new MetricFamily(name, help, unit, type, points);
  }
}
