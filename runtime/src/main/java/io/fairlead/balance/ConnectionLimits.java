package io.fairlead.balance;

import java.util.Objects;

/**
 * How many connections a channel keeps to each endpoint. One is enough for most; more help where a
 * single connection carries hundreds of concurrent streams, or where one TCP connection limits the
 * bandwidth.
 */
public final class ConnectionLimits {
  /** One connection: right for most, since HTTP/2 carries many calls on it. */
  public static final ConnectionLimits ONE = builder().build();

  private final int min;
  private final int max;
  private final int maxStreams;

  private ConnectionLimits(Builder builder) {
    min = builder.min;
    max = builder.max;
    maxStreams = builder.maxStreams;
    if (min < 1 || max < min || max > 64) {
      throw new IllegalArgumentException(
          "connections are " + min + " to " + max + "; use 1 <= min <= max <= 64");
    }
    if (maxStreams < 1) {
      throw new IllegalArgumentException(
          "connections.max_streams is " + maxStreams + "; use 1 or more, e.g. 100");
    }
  }

  /** Returns a builder that starts from one connection. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these limits. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.min = min;
    builder.max = max;
    builder.maxStreams = maxStreams;
    return builder;
  }

  /** Returns how many connections are kept always. */
  public int min() {
    return min;
  }

  /** Returns how many connections there may be when the ones there are full. */
  public int max() {
    return max;
  }

  /** Returns how many calls on one connection make it full. */
  public int maxStreams() {
    return maxStreams;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ConnectionLimits that
        && min == that.min
        && max == that.max
        && maxStreams == that.maxStreams;
  }

  @Override
  public int hashCode() {
    return Objects.hash(min, max, maxStreams);
  }

  @Override
  public String toString() {
    return "connections{min=" + min + ", max=" + max + ", max_streams=" + maxStreams + "}";
  }

  /** Collects limits; {@link #build} checks them. */
  public static final class Builder {
    private int min = 1;
    private int max = 1;
    private int maxStreams = 100;

    private Builder() {}

    /** Keeps always at least {@code min} connections, and at most {@code max}. Default: 1 and 1. */
    public Builder connections(int min, int max) {
      this.min = min;
      this.max = max;
      return this;
    }

    /** Takes a connection with this many calls for full. Default: 100. */
    public Builder maxStreams(int calls) {
      maxStreams = calls;
      return this;
    }

    /** Returns the limits, checked. */
    public ConnectionLimits build() {
      return new ConnectionLimits(this);
    }
  }
}
