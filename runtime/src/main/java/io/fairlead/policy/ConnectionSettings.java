package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How a server keeps its connections: their age, idle time and number of concurrent calls, how
 * often clients may ping, and what a hostile peer may cost. A connection that ends by age or idle
 * time loses no call: its client is told to use another one.
 *
 * <p>The limits on hostile peers are on by default. docs/attacks.md has the attack that each one
 * bounds.
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
  private final int maxConnections;
  private final int maxConnectionsPerPeer;
  private final int maxResetsPerSecond;
  private final Duration handshakeTimeout;
  private final Duration stallTimeout;

  private ConnectionSettings(Builder builder) {
    maxAge = builder.maxAge;
    maxAgeGrace = builder.maxAgeGrace;
    maxIdle = builder.maxIdle;
    permittedPing = builder.permittedPing;
    flowControlWindow = builder.flowControlWindow;
    maxCallsPerConnection = builder.maxCallsPerConnection;
    maxConnections = builder.maxConnections;
    maxConnectionsPerPeer = builder.maxConnectionsPerPeer;
    maxResetsPerSecond = builder.maxResetsPerSecond;
    handshakeTimeout = builder.handshakeTimeout;
    stallTimeout = builder.stallTimeout;
    Arguments.optional("maxConnectionAge", maxAge);
    Arguments.optional("maxConnectionAgeGrace", maxAgeGrace);
    Arguments.optional("maxConnectionIdle", maxIdle);
    Arguments.positive("permittedPing", permittedPing);
    Arguments.atLeast("flowControlWindow", flowControlWindow, 65_535);
    Arguments.positive("handshakeTimeout", handshakeTimeout);
    Arguments.positive("stallTimeout", stallTimeout);
    notNegative("maxCallsPerConnection", maxCallsPerConnection);
    notNegative("maxConnections", maxConnections);
    notNegative("maxConnectionsPerPeer", maxConnectionsPerPeer);
    notNegative("maxResetsPerSecond", maxResetsPerSecond);
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
    builder.maxConnections = maxConnections;
    builder.maxConnectionsPerPeer = maxConnectionsPerPeer;
    builder.maxResetsPerSecond = maxResetsPerSecond;
    builder.handshakeTimeout = handshakeTimeout;
    builder.stallTimeout = stallTimeout;
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
    return limit(maxCallsPerConnection);
  }

  /** Returns how many connections may be open at once; empty for no limit. */
  public OptionalInt maxConnections() {
    return limit(maxConnections);
  }

  /** Returns how many of them may be of one address; empty for no limit. */
  public OptionalInt maxConnectionsPerPeer() {
    return limit(maxConnectionsPerPeer);
  }

  /** Returns how many streams a second may end in a reset on one connection; empty for no limit. */
  public OptionalInt maxResetsPerSecond() {
    return limit(maxResetsPerSecond);
  }

  /** Returns how long a handshake, and later each header block, may take to arrive. */
  public Duration handshakeTimeout() {
    return handshakeTimeout;
  }

  /** Returns how long a peer may take to send the one request of a call. */
  public Duration stallTimeout() {
    return stallTimeout;
  }

  private static OptionalInt limit(int value) {
    return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private static void notNegative(String field, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          field + " is " + value + "; use 1 or more, or 0 for no limit");
    }
  }

  private List<@Nullable Object> values() {
    return Arrays.asList(
        maxAge,
        maxAgeGrace,
        maxIdle,
        permittedPing,
        flowControlWindow,
        maxCallsPerConnection,
        maxConnections,
        maxConnectionsPerPeer,
        maxResetsPerSecond,
        handshakeTimeout,
        stallTimeout);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConnectionSettings that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return ("max age %s, grace %s, max idle %s, permitted ping %s, window %s, calls %s,"
            + " connections %s, of one peer %s, resets a second %s, handshake %s, stall %s")
        .formatted(
            text(maxAge),
            text(maxAgeGrace),
            text(maxIdle),
            text(permittedPing),
            Plural.of(flowControlWindow, "byte"),
            text(maxCallsPerConnection),
            text(maxConnections),
            text(maxConnectionsPerPeer),
            text(maxResetsPerSecond),
            text(handshakeTimeout),
            text(stallTimeout));
  }

  private static String text(int limit) {
    return limit == 0 ? "unlimited" : String.valueOf(limit);
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
    private int maxCallsPerConnection = 1_000;
    private int maxConnections = 10_000;
    private int maxConnectionsPerPeer = 1_000;
    private int maxResetsPerSecond = 2_000;
    private Duration handshakeTimeout = Duration.ofSeconds(10);
    private Duration stallTimeout = Duration.ofSeconds(60);

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

    /**
     * Lets a connection have this many calls at once, streams included; 0 is no limit. A client
     * holds back what is more. Default: 1,000.
     */
    public Builder maxCallsPerConnection(int value) {
      maxCallsPerConnection = value;
      return this;
    }

    /** Closes connections beyond this number when they arrive; 0 is no limit. Default: 10,000. */
    public Builder maxConnections(int value) {
      maxConnections = value;
      return this;
    }

    /**
     * Closes connections of one address beyond this number when they arrive; 0 is no limit. Raise
     * it behind a proxy whose address all clients share. Default: 1,000.
     */
    public Builder maxConnectionsPerPeer(int value) {
      maxConnectionsPerPeer = value;
      return this;
    }

    /**
     * Closes a connection on which more streams are reset, by either side, on average over ten
     * seconds; 0 is no limit. A cancelled call and a hedge that lost are one each. Default: 2,000.
     */
    public Builder maxResetsPerSecond(int value) {
      maxResetsPerSecond = value;
      return this;
    }

    /**
     * Closes a connection that is not set up after this time, TLS included, or whose header block
     * takes longer to arrive. Default: 10s.
     */
    public Builder handshakeTimeout(Duration value) {
      handshakeTimeout = Objects.requireNonNull(value, "handshakeTimeout");
      return this;
    }

    /**
     * Ends a call whose one request is not complete after this time. Streams of requests are
     * bounded by {@code idle_timeout} instead. Default: 60s.
     */
    public Builder stallTimeout(Duration value) {
      stallTimeout = Objects.requireNonNull(value, "stallTimeout");
      return this;
    }

    /** Returns the checked value. */
    public ConnectionSettings build() {
      return new ConnectionSettings(this);
    }
  }
}
