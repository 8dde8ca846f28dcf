package io.fairlead.telemetry;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A metric with its values at one moment, one for each set of labels. */
public final class MetricFamily {
  /** What the values of a metric are. */
  public enum Type {
    /** Grows only. */
    COUNTER,
    /** Goes up and down. */
    GAUGE,
    /** How often each size of value was seen. */
    HISTOGRAM
  }

  private final String name;
  private final String help;
  private final String unit;
  private final Type type;
  private final List<Point> points;

  MetricFamily(String name, String help, String unit, Type type, List<Point> points) {
    this.name = Objects.requireNonNull(name, "name");
    this.help = Objects.requireNonNull(help, "help");
    this.unit = Objects.requireNonNull(unit, "unit");
    this.type = type;
    this.points = List.copyOf(points);
  }

  /** Returns the name with dots, such as {@code grpc.server.call.duration}. */
  public String name() {
    return name;
  }

  /** Returns one sentence about the metric. */
  public String help() {
    return help;
  }

  /**
   * Returns the unit by UCUM: {@code s}, {@code By}, or a noun in braces such as {@code {call}}.
   */
  public String unit() {
    return unit;
  }

  /** Returns what the values are. */
  public Type type() {
    return type;
  }

  /** Returns the values. */
  public List<Point> points() {
    return points;
  }

  @Override
  public String toString() {
    return name + " " + points;
  }

  /** The value of one set of labels. */
  public static final class Point {
    private final Map<String, String> labels;
    private final double value;
    private final @Nullable HistogramSnapshot histogram;

    Point(Map<String, String> labels, double value) {
      this.labels = Map.copyOf(labels);
      this.value = value;
      this.histogram = null;
    }

    Point(Map<String, String> labels, HistogramSnapshot histogram) {
      this.labels = Map.copyOf(labels);
      this.value = histogram.count();
      this.histogram = histogram;
    }

    /** Returns the labels with their values. */
    public Map<String, String> labels() {
      return labels;
    }

    /** Returns the value of a counter or gauge; of a histogram the number of its values. */
    public double value() {
      return value;
    }

    /**
     * Returns the value of a histogram.
     *
     * @throws IllegalStateException if the metric is none
     */
    public HistogramSnapshot histogram() {
      if (histogram == null) {
        throw new IllegalStateException("not a histogram: " + this);
      }
      return histogram;
    }

    @Override
    public String toString() {
      return labels + " " + value;
    }
  }
}
