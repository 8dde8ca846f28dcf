package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How a server keeps its connections: their age, idle time and number of concurrent calls, and how
 * often clients may ping. A connection that ends by age or idle time loses no call: its client is
 * told to use another one.
 */
public final class ConnectionSettings {
  /** What a server uses when nothing is said. */
  public static final ConnectionSettings DEFAULT = builder().build();

  private final @Nullable Duration maxAge;
  private final @Nullable Duration maxAgeGrace;
  private final @Nullable Duration maxIdle;
  private final Duration permittedPing;
  private final int flowControlWindow;
  private final int maxCallsPerConnection;

  private ConnectionSettings(Builder builder) {
    maxAge = builder.maxAge;
    maxAgeGrace = builder.maxAgeGrace;
    maxIdle = builder.maxIdle;
    permittedPing = builder.permittedPing;
    flowControlWindow = builder.flowControlWindow;
    maxCallsPerConnection = builder.maxCallsPerConnection;
    Arguments.optional("maxConnectionAge", maxAge);
    Arguments.optional("maxConnectionAgeGrace", maxAgeGrace);
    Arguments.optional("maxConnectionIdle", maxIdle);
    Arguments.positive("permittedPing", permittedPing);
    Arguments.atLeast("flowControlWindow", flowControlWindow, 65_535);
    Arguments.atLeast("maxCallsPerConnection", maxCallsPerConnection, 0);
  }

  /** Returns a builder that starts from {@link #DEFAULT}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxAge = maxAge;
    builder.maxAgeGrace = maxAgeGrace;
    builder.maxIdle = maxIdle;
    builder.permittedPing = permittedPing;
    builder.flowControlWindow = flowControlWindow;
    builder.maxCallsPerConnection = maxCallsPerConnection;
    return builder;
  }

  /** Returns when a connection is told to go away so that clients spread anew; empty for never. */
  public Optional<Duration> maxAge() {
    return Optional.ofNullable(maxAge);
  }

  /** Returns how long its calls may still run then; empty for as long as they like. */
  public Optional<Duration> maxAgeGrace() {
    return Optional.ofNullable(maxAgeGrace);
  }

  /** Returns when a connection without calls is closed; empty for never. */
  public Optional<Duration> maxIdle() {
    return Optional.ofNullable(maxIdle);
  }

  /**
   * Returns the shortest interval between the pings of a peer; a shorter one ends the connection
   * with too_many_pings.
   */
  public Duration permittedPing() {
    return permittedPing;
  }

  /**
   * Returns the bytes that a peer may send before it is answered, per stream and per connection.
   */
  public int flowControlWindow() {
    return flowControlWindow;
  }

  /** Returns how many calls at once a connection may have; empty for no limit. */
  public OptionalInt maxCallsPerConnection() {
    return maxCallsPerConnection == 0 ? OptionalInt.empty() : OptionalInt.of(maxCallsPerConnection);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConnectionSettings that
        && Objects.equals(maxAge, that.maxAge)
        && Objects.equals(maxAgeGrace, that.maxAgeGrace)
        && Objects.equals(maxIdle, that.maxIdle)
        && permittedPing.equals(that.permittedPing)
        && flowControlWindow == that.flowControlWindow
        && maxCallsPerConnection == that.maxCallsPerConnection;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        maxAge, maxAgeGrace, maxIdle, permittedPing, flowControlWindow, maxCallsPerConnection);
  }

  @Override
  public String toString() {
    return "max age %s, grace %s, max idle %s, permitted ping %s, window %s, calls %s"
        .formatted(
            text(maxAge),
            text(maxAgeGrace),
            text(maxIdle),
            text(permittedPing),
            Plural.of(flowControlWindow, "byte"),
            maxCallsPerConnection == 0 ? "unlimited" : maxCallsPerConnection);
  }

  private static String text(@Nullable Duration value) {
    return value == null ? "unlimited" : Durations.format(value);
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable Duration maxAge;
    private @Nullable Duration maxAgeGrace;
    private @Nullable Duration maxIdle;
    private Duration permittedPing = Duration.ofSeconds(1);
    private int flowControlWindow = 1 << 20;
    private int maxCallsPerConnection;

    private Builder() {}

    /** Tells a connection of this age to go away, so that clients spread anew. Default: never. */
    public Builder maxAge(Duration value) {
      maxAge = Objects.requireNonNull(value, "maxAge");
      return this;
    }

    /** Lets its calls still run for this long then. Default: as long as they like. */
    public Builder maxAgeGrace(Duration value) {
      maxAgeGrace = Objects.requireNonNull(value, "maxAgeGrace");
      return this;
    }

    /** Closes a connection that had no calls for this long. Default: never. */
    public Builder maxIdle(Duration value) {
      maxIdle = Objects.requireNonNull(value, "maxIdle");
      return this;
    }

    /**
     * Permits a peer to ping at this interval or a longer one. Default: 1s, so that peers can agree
     * on finding a dead connection quickly.
     */
    public Builder permittedPing(Duration value) {
      permittedPing = Objects.requireNonNull(value, "permittedPing");
      return this;
    }

    /**
     * Lets a peer send so many bytes before it is answered, per stream and per connection. Default:
     * 1 MiB, fixed: a window that the transport tunes by itself costs a ping per read.
     */
    public Builder flowControlWindow(int value) {
      flowControlWindow = value;
      return this;
    }

    /** Calls at once on a connection; 0 is no limit, the default. */
    public Builder maxCallsPerConnection(int value) {
      maxCallsPerConnection = value;
      return this;
    }

    /** Returns the checked value. */
    public ConnectionSettings build() {
      return new ConnectionSettings(this);
    }
  }
}
