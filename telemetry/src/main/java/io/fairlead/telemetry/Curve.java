package io.fairlead.telemetry;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** How often a method was called over time, how often it failed, and how long it took. */
public final class Curve {
  /** Whose calls a curve shows. */
  public enum Side {
    /** Calls of channels. */
    CLIENT,
    /** Calls of servers. */
    SERVER
  }

  private final Side side;
  private final String target;
  private final String method;
  private final Map<CurveWindow, List<Sample>> samples;

  Curve(Side side, String target, String method, Map<CurveWindow, List<Sample>> samples) {
    this.side = side;
    this.target = target;
    this.method = method;
    this.samples = Map.copyOf(samples);
  }

  /** Returns whose calls they are. */
  public Side side() {
    return side;
  }

  /** Returns the target of the channels, or an empty text on the side of servers. */
  public String target() {
    return target;
  }

  /** Returns the full name of the method, or {@code other}. */
  public String method() {
    return method;
  }

  /**
   * Returns what was seen, oldest first: one sample for each step of the window that is over. Those
   * without calls are all zero.
   */
  public List<Sample> samples(CurveWindow window) {
    return Objects.requireNonNull(samples.get(window), "window");
  }

  @Override
  public String toString() {
    return side + " " + method + (target.isEmpty() ? "" : " at " + target);
  }

  /** What was seen in one step of time. */
  public static final class Sample {
    private final Instant start;
    private final long calls;
    private final long failures;
    private final double median;
    private final double p99;

    Sample(Instant start, long calls, long failures, double median, double p99) {
      this.start = start;
      this.calls = calls;
      this.failures = failures;
      this.median = median;
      this.p99 = p99;
    }

    /** Returns when the step began. */
    public Instant start() {
      return start;
    }

    /** Returns how many calls ended. */
    public long calls() {
      return calls;
    }

    /**
     * Returns how many of them failed. On the side of servers a status that blames the caller, such
     * as NOT_FOUND, is no failure.
     */
    public long failures() {
      return failures;
    }

    /** Returns the time in seconds that half of the calls took at most; 0 without calls. */
    public double median() {
      return median;
    }

    /** Returns the time in seconds that 99 % of the calls took at most; 0 without calls. */
    public double p99() {
      return p99;
    }

    @Override
    public String toString() {
      return start + " " + calls + " calls, " + failures + " failed, p99 " + p99 + " s";
    }
  }
}
