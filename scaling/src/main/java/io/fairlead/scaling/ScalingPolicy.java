package io.fairlead.scaling;

import java.time.Duration;

/** What a service's number of instances follows. Immutable. */
public final class ScalingPolicy {
  private final double capacity;
  private final int min;
  private final int max;
  private final int zones;
  private final Duration startTime;
  private final double deadBand;
  private final Duration burstWindow;
  private final Duration stableWindow;
  private final Duration downWindow;
  private final double downStep;
  private final double targetUtilization;
  private final double maxRetryShare;
  private final Duration maxSampleAge;

  private ScalingPolicy(Builder builder) {
    this.capacity = builder.capacity;
    this.min = builder.min;
    this.max = builder.max;
    this.zones = builder.zones;
    this.startTime = builder.startTime;
    this.deadBand = builder.deadBand;
    this.burstWindow = builder.burstWindow;
    this.stableWindow = builder.stableWindow;
    this.downWindow = builder.downWindow;
    this.downStep = builder.downStep;
    this.targetUtilization = builder.targetUtilization;
    this.maxRetryShare = builder.maxRetryShare;
    this.maxSampleAge = builder.maxSampleAge;
  }

  /**
   * Starts to describe a policy.
   *
   * @param capacity the load that one instance is to carry; some way below what it could
   */
  public static Builder builder(double capacity) {
    return new Builder(capacity);
  }

  /** Returns the load that one instance is to carry. */
  public double capacity() {
    return capacity;
  }

  /** Returns the fewest instances. */
  public int min() {
    return min;
  }

  /** Returns the most instances. */
  public int max() {
    return max;
  }

  /** The part of its capacity that an instance is to use, so that a zone may be lost. */
  double share() {
    return zones > 1 ? (zones - 1.0) / zones : 1;
  }

  /** Returns over how many zones the instances are spread, any of which may fail; 1 for none. */
  public int zones() {
    return zones;
  }

  /** Returns how long an instance takes from its start to its first call. */
  public Duration startTime() {
    return startTime;
  }

  /** Returns by which share the load may differ before anything changes. */
  public double deadBand() {
    return deadBand;
  }

  /** Returns the window in which a burst is seen. */
  public Duration burstWindow() {
    return burstWindow;
  }

  /** Returns the window over which the load is otherwise averaged. */
  public Duration stableWindow() {
    return stableWindow;
  }

  /** Returns the window whose highest load a smaller number must carry. */
  public Duration downWindow() {
    return downWindow;
  }

  /** Returns which share of the instances may leave in a minute. */
  public double downStep() {
    return downStep;
  }

  /** Returns how much of an instance is at work when it carries its capacity. */
  public double targetUtilization() {
    return targetUtilization;
  }

  /** Returns the share of retries above which a service does not grow. */
  public double maxRetryShare() {
    return maxRetryShare;
  }

  /** Returns how old the last sample may be. */
  public Duration maxSampleAge() {
    return maxSampleAge;
  }

  /** Returns a builder with these values. */
  public Builder toBuilder() {
    Builder builder = new Builder(capacity);
    builder.min = min;
    builder.max = max;
    builder.zones = zones;
    builder.startTime = startTime;
    builder.deadBand = deadBand;
    builder.burstWindow = burstWindow;
    builder.stableWindow = stableWindow;
    builder.downWindow = downWindow;
    builder.downStep = downStep;
    builder.targetUtilization = targetUtilization;
    builder.maxRetryShare = maxRetryShare;
    builder.maxSampleAge = maxSampleAge;
    return builder;
  }

  @Override
  public String toString() {
    return "ScalingPolicy[capacity " + capacity + ", " + min + " to " + max + " instances]";
  }

  /** Collects a policy. Not safe for use by several threads. */
  public static final class Builder {
    private final double capacity;
    private int min = 2;
    private int max = 100;
    private int zones = 1;
    private Duration startTime = Duration.ofSeconds(30);
    private double deadBand = 0.1;
    private Duration burstWindow = Duration.ofSeconds(6);
    private Duration stableWindow = Duration.ofSeconds(60);
    private Duration downWindow = Duration.ofMinutes(5);
    private double downStep = 0.5;
    private double targetUtilization = 0.8;
    private double maxRetryShare = 0.2;
    private Duration maxSampleAge = Duration.ofSeconds(15);

    private Builder(double capacity) {
      if (!(capacity > 0) || Double.isInfinite(capacity)) {
        throw new IllegalArgumentException(
            "capacity " + capacity + " is not a load; give a number above 0");
      }
      this.capacity = capacity;
    }

    /**
     * Sets the fewest instances. Default: 2, so that one may fail. 0 takes a source that counts
     * calls that wait for the first instance.
     *
     * @see LoadSource#countsWaitingCalls
     */
    public Builder min(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("min " + value + " is negative; use 0 or more");
      }
      min = value;
      return this;
    }

    /** Sets the most instances. Default: 100. */
    public Builder max(int value) {
      max = value;
      return this;
    }

    /**
     * Sets over how many zones the instances are spread. With two or more, there are as many
     * instances as leave enough when any one zone fails. Default: 1.
     */
    public Builder zones(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("zones " + value + " is too small; use at least 1");
      }
      zones = value;
      return this;
    }

    /** Sets how long an instance takes from its start to its first call. Default: 30s. */
    public Builder startTime(Duration value) {
      startTime = notNegative("startTime", value);
      return this;
    }

    /** Sets by which share the load may differ before anything changes. Default: 0.1. */
    public Builder deadBand(double value) {
      deadBand = share("deadBand", value);
      return this;
    }

    /** Sets the windows of bursts and of the load otherwise. Default: 6s and 60s. */
    public Builder windows(Duration burst, Duration stable) {
      if (burst.isNegative() || burst.isZero() || burst.compareTo(stable) > 0) {
        throw new IllegalArgumentException(
            "the window of bursts, " + burst + ", is not between 0 and the stable one, " + stable);
      }
      burstWindow = burst;
      stableWindow = stable;
      return this;
    }

    /** Sets the window whose highest load a smaller number must carry. Default: 5m. */
    public Builder downWindow(Duration value) {
      downWindow = notNegative("downWindow", value);
      return this;
    }

    /** Sets which share of the instances may leave in a minute. Default: 0.5. */
    public Builder downStep(double value) {
      downStep = share("downStep", value);
      return this;
    }

    /** Sets how much of an instance is at work when it carries its capacity. Default: 0.8. */
    public Builder targetUtilization(double value) {
      targetUtilization = share("targetUtilization", value);
      return this;
    }

    /** Sets the share of retries above which a service does not grow. Default: 0.2. */
    public Builder maxRetryShare(double value) {
      maxRetryShare = share("maxRetryShare", value);
      return this;
    }

    /** Sets how old the last sample may be. Default: 15s. */
    public Builder maxSampleAge(Duration value) {
      maxSampleAge = notNegative("maxSampleAge", value);
      return this;
    }

    private static Duration notNegative(String name, Duration value) {
      if (value.isNegative()) {
        throw new IllegalArgumentException(name + " " + value + " is negative; use 0 or more");
      }
      return value;
    }

    private static double share(String name, double value) {
      if (!(value > 0 && value <= 1)) {
        throw new IllegalArgumentException(
            name + " " + value + " is not a share; use a number above 0 and up to 1");
      }
      return value;
    }

    /** Makes it. */
    public ScalingPolicy build() {
      if (max < 1) {
        throw new IllegalArgumentException("max " + max + " is too small; use at least 1");
      }
      if (max < min) {
        throw new IllegalArgumentException("max " + max + " is below min " + min);
      }
      if (downWindow.compareTo(stableWindow) < 0) {
        throw new IllegalArgumentException(
            "downWindow " + downWindow + " is below the stable window, " + stableWindow);
      }
      return new ScalingPolicy(this);
    }
  }
}
