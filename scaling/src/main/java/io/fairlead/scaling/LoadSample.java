package io.fairlead.scaling;

import java.time.Instant;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * The load of a whole service at one time. Immutable.
 *
 * <p>The load is what was offered: calls that were served, refused, or are waiting. What was served
 * alone would hide that a service is too small. Its unit is the caller's choice, calls a second or
 * calls at once, as long as the capacity of an instance has the same.
 */
public final class LoadSample {
  private final Instant at;
  private final OptionalDouble offered;
  private final double served;
  private final double unserved;
  private final int waiting;
  private final double waitingPerSecond;
  private final OptionalDouble utilization;
  private final double retryShare;
  private final int ready;
  private final int pending;
  private final int reporting;
  private final String unknownReason;

  private LoadSample(Builder builder) {
    this.at = builder.at;
    this.offered = builder.offered;
    this.served = builder.served;
    this.unserved = builder.unserved;
    this.waiting = builder.waiting;
    this.waitingPerSecond = builder.waitingPerSecond;
    this.utilization = builder.utilization;
    this.retryShare = builder.retryShare;
    this.ready = builder.ready;
    this.pending = builder.pending;
    this.reporting = builder.reporting < 0 ? builder.ready : builder.reporting;
    this.unknownReason = builder.unknownReason;
  }

  /** Starts to describe a sample of this time. */
  public static Builder builder(Instant at) {
    return new Builder(at);
  }

  /** Returns when it was taken. */
  public Instant at() {
    return at;
  }

  /**
   * Returns the offered load of the instances that reported; empty if it is not known.
   *
   * @see #unknownReason()
   */
  public OptionalDouble offered() {
    return offered;
  }

  /** Returns the calls that were served each second. */
  public double served() {
    return served;
  }

  /** Returns the calls that were refused each second, and those that began to wait. */
  public double unserved() {
    return unserved;
  }

  /** Returns the calls that wait in clients, because no instance takes them. */
  public int waiting() {
    return waiting;
  }

  /** Returns how many calls began to wait, each second; they are load that no instance reports. */
  public double waitingPerSecond() {
    return waitingPerSecond;
  }

  /** Returns the mean share of an instance that was at work, 1 if all of it; empty if unknown. */
  public OptionalDouble utilization() {
    return utilization;
  }

  /** Returns the share of the attempts that were retries. */
  public double retryShare() {
    return retryShare;
  }

  /** Returns the instances that take calls. */
  public int ready() {
    return ready;
  }

  /** Returns the instances that are starting. */
  public int pending() {
    return pending;
  }

  /** Returns the instances that take calls or soon will. */
  public int instances() {
    return ready + pending;
  }

  /** Returns how many of the ready instances have reported. */
  public int reporting() {
    return reporting;
  }

  /** Returns why the load is not known; empty if it is. */
  public String unknownReason() {
    return unknownReason;
  }

  /** The same load, of instances that somebody else has counted. */
  LoadSample withInstances(int takingCalls, int starting) {
    Builder copy = new Builder(at);
    copy.offered = offered;
    copy.served = served;
    copy.unserved = unserved;
    copy.waiting = waiting;
    copy.waitingPerSecond = waitingPerSecond;
    copy.utilization = utilization;
    copy.retryShare = retryShare;
    copy.ready = takingCalls;
    copy.pending = starting;
    // One that is gone may have reported just before.
    copy.reporting = Math.min(reporting, takingCalls);
    copy.unknownReason = unknownReason;
    return copy.build();
  }

  @Override
  public String toString() {
    return "LoadSample["
        + at
        + ", "
        + (offered.isPresent() ? offered.getAsDouble() + " offered" : unknownReason)
        + ", "
        + ready
        + " ready, "
        + pending
        + " pending, "
        + reporting
        + " reporting"
        + (waiting > 0 ? ", " + waiting + " calls wait]" : "]");
  }

  /** Collects what a sample says. Not safe for use by several threads. */
  public static final class Builder {
    private final Instant at;
    private OptionalDouble offered = OptionalDouble.empty();
    private double served;
    private double unserved;
    private int waiting;
    private double waitingPerSecond;
    private OptionalDouble utilization = OptionalDouble.empty();
    private double retryShare;
    private int ready;
    private int pending;
    private int reporting = -1;
    private String unknownReason = "no load was given";

    private Builder(Instant at) {
      this.at = Objects.requireNonNull(at, "at");
    }

    /** Sets the offered load of the instances that reported. */
    public Builder offered(double value) {
      offered = OptionalDouble.of(notNegative("offered", value));
      unknownReason = "";
      return this;
    }

    /** States that the load is not known, and why. */
    public Builder unknown(String reason) {
      offered = OptionalDouble.empty();
      unknownReason = Objects.requireNonNull(reason, "reason");
      return this;
    }

    /** Sets the calls that were served each second. */
    public Builder served(double value) {
      served = notNegative("served", value);
      return this;
    }

    /** Sets the calls that were refused each second, and those that began to wait. */
    public Builder unserved(double value) {
      unserved = notNegative("unserved", value);
      return this;
    }

    /**
     * Sets the calls that wait in clients because no instance takes them.
     *
     * @param calls that wait now
     * @param perSecond how many began to wait, each second
     */
    public Builder waiting(int calls, double perSecond) {
      waiting = (int) notNegative("waiting", calls);
      waitingPerSecond = notNegative("waitingPerSecond", perSecond);
      return this;
    }

    /** Sets the mean share of an instance that was at work. */
    public Builder utilization(double value) {
      utilization = OptionalDouble.of(notNegative("utilization", value));
      return this;
    }

    /** Sets the share of the attempts that were retries, from 0 to 1. */
    public Builder retryShare(double value) {
      retryShare = notNegative("retryShare", value);
      return this;
    }

    /** Sets the instances that take calls, and those that are starting. */
    public Builder instances(int takingCalls, int starting) {
      ready = (int) notNegative("ready", takingCalls);
      pending = (int) notNegative("pending", starting);
      return this;
    }

    /** Sets how many of the ready instances have reported. Default: all. */
    public Builder reporting(int count) {
      reporting = (int) notNegative("reporting", count);
      return this;
    }

    private static double notNegative(String name, double value) {
      if (!(value >= 0) || Double.isInfinite(value)) {
        throw new IllegalArgumentException(
            name + " is " + value + "; give a number of 0 or more, or leave it out if unknown");
      }
      return value;
    }

    /** Makes it. */
    public LoadSample build() {
      return new LoadSample(this);
    }
  }
}
