package io.fairlead.server;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * The longest time that each step of a server's life may take. A step that runs out of its time is
 * logged with what was missing, and the next one begins; only a server that never gets ready stops.
 *
 * @param ready for the readiness checks to pass before start gives up
 * @param registered for the registry to confirm the entry; later it goes on in the background
 * @param deregistered for the registry to take the good-bye and remove the entry, together
 * @param propagation how long to go on serving after that, so that clients hear of it first
 * @param calls for calls in flight to end after the connections were told to go away
 * @param forced for the transport to end after the remaining calls were cut, then for the threads
 *     of handlers to end, then for a registry that the server opened to close
 */
public record LifecycleBounds(
    Duration ready,
    Duration registered,
    Duration deregistered,
    Duration propagation,
    Duration calls,
    Duration forced) {

  /** What a server uses when nothing is said. */
  public static final LifecycleBounds DEFAULT =
      new LifecycleBounds(
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5));

  /** For a start that failed: nobody was told of it, so nobody needs time. */
  static final LifecycleBounds AT_ONCE =
      new LifecycleBounds(
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofSeconds(1),
          Duration.ZERO,
          Duration.ofSeconds(1),
          Duration.ofSeconds(5));

  public LifecycleBounds {
    require("ready", ready);
    require("registered", registered);
    require("deregistered", deregistered);
    require("propagation", propagation);
    require("calls", calls);
    require("forced", forced);
  }

  private static void require(String field, Duration value) {
    Objects.requireNonNull(value, field);
    if (value.isNegative()) {
      throw new IllegalArgumentException(
          "the bound \""
              + field
              + "\" is "
              + Durations.format(value)
              + "; use zero or a positive duration");
    }
  }

  public LifecycleBounds withReady(Duration value) {
    return new LifecycleBounds(value, registered, deregistered, propagation, calls, forced);
  }

  public LifecycleBounds withRegistered(Duration value) {
    return new LifecycleBounds(ready, value, deregistered, propagation, calls, forced);
  }

  public LifecycleBounds withDeregistered(Duration value) {
    return new LifecycleBounds(ready, registered, value, propagation, calls, forced);
  }

  public LifecycleBounds withPropagation(Duration value) {
    return new LifecycleBounds(ready, registered, deregistered, value, calls, forced);
  }

  public LifecycleBounds withCalls(Duration value) {
    return new LifecycleBounds(ready, registered, deregistered, propagation, value, forced);
  }

  public LifecycleBounds withForced(Duration value) {
    return new LifecycleBounds(ready, registered, deregistered, propagation, calls, value);
  }

  @Override
  public String toString() {
    return "ready "
        + Durations.format(ready)
        + ", registered "
        + Durations.format(registered)
        + ", deregistered "
        + Durations.format(deregistered)
        + ", propagation "
        + Durations.format(propagation)
        + ", calls "
        + Durations.format(calls)
        + ", forced "
        + Durations.format(forced);
  }
}
