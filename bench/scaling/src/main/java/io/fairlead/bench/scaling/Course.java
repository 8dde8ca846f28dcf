package io.fairlead.bench.scaling;

import java.util.Arrays;
import java.util.BitSet;
import java.util.TreeMap;

/**
 * What happens to a service in each second of a run. Seconds before {@link #WARM_UP} are as the
 * first one after it, and are not counted.
 */
final class Course {
  /** So long does the slowest of the rules look back. */
  static final int WARM_UP = 900;

  final int seconds;

  /** Seconds between two samples. */
  final int step;

  final int startSeconds;

  /** Mean calls each second. */
  final double[] rate;

  /** How much work a call is, next to an ordinary one. */
  final double[] cost;

  /** How long a call takes, next to an ordinary one; it occupies no more of an instance. */
  final double[] latency;

  /** The share of the instances that report. */
  final double[] reporting;

  /** When nothing is known of the service. */
  final BitSet unknown = new BitSet();

  /** When load comes that nobody could expect. */
  final BitSet jumps = new BitSet();

  /** How many instances die, by second; -1 for a zone. */
  final TreeMap<Integer, Integer> deaths = new TreeMap<>();

  Course(int measured, int step, int startSeconds, double rate) {
    this.seconds = WARM_UP + measured;
    this.step = step;
    this.startSeconds = startSeconds;
    this.rate = filled(rate);
    this.cost = filled(1);
    this.latency = filled(1);
    this.reporting = filled(1);
  }

  private double[] filled(double value) {
    double[] values = new double[seconds];
    Arrays.fill(values, value);
    return values;
  }

  /** Sets a value from one second of the measured time to another. */
  static void set(double[] values, int from, int to, double value) {
    Arrays.fill(values, WARM_UP + from, Math.min(values.length, WARM_UP + to), value);
  }

  /** Lets a value change evenly. */
  static void ramp(double[] values, int from, int to, double first, double last) {
    for (int t = from; t < to; t++) {
      values[WARM_UP + t] = first + (last - first) * (t - from) / (to - from);
    }
  }

  void jump(int at) {
    jumps.set(WARM_UP + at);
  }

  void unknown(int from, int to) {
    unknown.set(WARM_UP + from, WARM_UP + to);
  }

  void dies(int at, int count) {
    deaths.put(WARM_UP + at, count);
  }
}
