package io.fairlead.policy;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How connections are kept.
 *
 * @param maxAge when a connection is told to go away so that clients spread anew; null is never
 * @param maxAgeGrace how long its calls may still run then; null is as long as they like
 * @param maxIdle when a connection without calls is closed; null is never
 * @param permittedPing the shortest interval between the pings of a peer; a shorter one ends the
 *     connection with too_many_pings
 * @param flowControlWindow bytes a peer may send before it is answered, per stream and per
 *     connection
 * @param maxCallsPerConnection calls at once on a connection; 0 is no limit
 */
public record ConnectionSettings(
    @Nullable Duration maxAge,
    @Nullable Duration maxAgeGrace,
    @Nullable Duration maxIdle,
    Duration permittedPing,
    int flowControlWindow,
    int maxCallsPerConnection) {

  /**
   * A fixed window of 1 MiB: a window that the transport tunes by itself costs a ping per read. A
   * ping each second is permitted, so that peers can agree on finding a dead connection quickly.
   */
  public static final ConnectionSettings DEFAULT =
      new ConnectionSettings(null, null, null, Duration.ofSeconds(1), 1 << 20, 0);

  public ConnectionSettings {
    positive("maxConnectionAge", maxAge);
    positive("maxConnectionAgeGrace", maxAgeGrace);
    positive("maxConnectionIdle", maxIdle);
    positive("permittedPing", Objects.requireNonNull(permittedPing, "permittedPing"));
    if (flowControlWindow < 65_535) {
      throw new IllegalArgumentException(
          "flowControlWindow is " + Plural.of(flowControlWindow, "byte") + "; use 65535 or more");
    }
    if (maxCallsPerConnection < 0) {
      throw new IllegalArgumentException(
          "maxCallsPerConnection is "
              + maxCallsPerConnection
              + "; use 1 or more, or 0 for no limit");
    }
  }

  private static void positive(String field, @Nullable Duration value) {
    if (value != null && (value.isNegative() || value.isZero())) {
      throw new IllegalArgumentException(
          field + " is " + Durations.format(value) + "; use a positive duration");
    }
  }

  public ConnectionSettings withMaxAge(Duration age, @Nullable Duration grace) {
    return new ConnectionSettings(
        age, grace, maxIdle, permittedPing, flowControlWindow, maxCallsPerConnection);
  }

  public ConnectionSettings withMaxIdle(Duration value) {
    return new ConnectionSettings(
        maxAge, maxAgeGrace, value, permittedPing, flowControlWindow, maxCallsPerConnection);
  }

  public ConnectionSettings withPermittedPing(Duration value) {
    return new ConnectionSettings(
        maxAge, maxAgeGrace, maxIdle, value, flowControlWindow, maxCallsPerConnection);
  }

  public ConnectionSettings withFlowControlWindow(int bytes) {
    return new ConnectionSettings(
        maxAge, maxAgeGrace, maxIdle, permittedPing, bytes, maxCallsPerConnection);
  }

  public ConnectionSettings withMaxCallsPerConnection(int calls) {
    return new ConnectionSettings(
        maxAge, maxAgeGrace, maxIdle, permittedPing, flowControlWindow, calls);
  }

  @Override
  public String toString() {
    return "max age "
        + text(maxAge)
        + ", grace "
        + text(maxAgeGrace)
        + ", max idle "
        + text(maxIdle)
        + ", permitted ping "
        + text(permittedPing)
        + ", window "
        + Plural.of(flowControlWindow, "byte")
        + ", calls "
        + (maxCallsPerConnection == 0 ? "unlimited" : maxCallsPerConnection);
  }

  private static String text(@Nullable Duration value) {
    return value == null ? "unlimited" : Durations.format(value);
  }
}
