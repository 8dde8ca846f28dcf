package io.fairlead.telemetry;

import io.fairlead.observe.ServerCallOutcome.RejectionReason;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How often a method was called over time, how often it failed, and how long it took. */
public final class Curve {
  /** Whose calls a curve shows. */
  public enum Side {
    /** Calls of channels. */
    CLIENT,
    /** Calls of servers. */
    SERVER
  }

  /** In the order in which samples count them. */
  static final List<RejectionReason> REASONS = List.of(RejectionReason.values());

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
    private final long inFlight;
    private final double median;
    private final double p90;
    private final double p99;
    private final double p999;

    /** In the order of {@link #REASONS}; null without any, as nearly always. */
    private final long @Nullable [] rejections;

    private Sample(Builder builder) {
      this.start = builder.start;
      this.calls = builder.calls;
      this.failures = builder.failures;
      this.inFlight = builder.inFlight;
      this.rejections = builder.rejections;
      this.median = builder.median;
      this.p90 = builder.p90;
      this.p99 = builder.p99;
      this.p999 = builder.p999;
    }

    static Builder builder(Instant start) {
      return new Builder(start);
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

    /**
     * Returns how many calls were under way when the step ended, waiting ones included. 0 on the
     * side of clients, whose calls are counted when they end.
     */
    public long inFlight() {
      return inFlight;
    }

    /** Returns how many calls admission rejected, by reason. Empty on the side of clients. */
    public Map<RejectionReason, Long> rejections() {
      Map<RejectionReason, Long> counts = new EnumMap<>(RejectionReason.class);
      if (rejections != null) {
        for (int i = 0; i < rejections.length; i++) {
          if (rejections[i] > 0) {
            counts.put(REASONS.get(i), rejections[i]);
          }
        }
      }
      return counts;
    }

    /** Returns the time in seconds that half of the calls took at most; 0 without calls. */
    public double median() {
      return median;
    }

    /** Returns the time in seconds that 90 % of the calls took at most; 0 without calls. */
    public double p90() {
      return p90;
    }

    /** Returns the time in seconds that 99 % of the calls took at most; 0 without calls. */
    public double p99() {
      return p99;
    }

    /** Returns the time in seconds that 99.9 % of the calls took at most; 0 without calls. */
    public double p999() {
      return p999;
    }

    @Override
    public String toString() {
      return start + " " + calls + " calls, " + failures + " failed, p99 " + p99 + " s";
    }

    /** Collects a sample; without calls all of it is zero. */
    static final class Builder {
      private final Instant start;
      private long calls;
      private long failures;
      private long inFlight;
      private long @Nullable [] rejections;
      private double median;
      private double p90;
      private double p99;
      private double p999;

      private Builder(Instant start) {
        this.start = start;
      }

      Builder durations(HistogramSnapshot seen) {
        calls = seen.count();
        median = seen.quantile(0.5);
        p90 = seen.quantile(0.9);
        p99 = seen.quantile(0.99);
        p999 = seen.quantile(0.999);
        return this;
      }

      Builder failures(long count) {
        failures = count;
        return this;
      }

      Builder inFlight(long count) {
        inFlight = count;
        return this;
      }

      Builder rejections(long[] counts) {
        rejections = Arrays.stream(counts).anyMatch(count -> count > 0) ? counts : null;
        return this;
      }

      Sample build() {
        return new Sample(this);
      }
    }
  }
}
