package io.fairlead.lifecycle;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * The longest time that each step of a server's life may take. A step that runs out of its time is
 * logged with what was missing, and the next one begins; only a server that never gets ready stops.
 *
 * @param startup for the readiness checks to pass before start gives up
 * @param registration for the registry to confirm the entry; later it goes on in the background
 * @param deregistration for the registry to accept the draining state and remove the entry,
 *     together
 * @param deregistrationDelay how long to go on serving after that, so that clients notice first
 * @param drain for calls in flight to end after the connections were told to go away
 * @param forceClose for the transport to end after the remaining calls were cut, then for the
 *     threads of handlers to end, then for a registry that the server opened to close
 */
public record LifecycleTimeouts(
    Duration startup,
    Duration registration,
    Duration deregistration,
    Duration deregistrationDelay,
    Duration drain,
    Duration forceClose) {

  /** What a server uses when nothing is said. */
  public static final LifecycleTimeouts DEFAULT =
      new LifecycleTimeouts(
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5));

  /** For a start that failed: no client knows of it, so none needs time. */
  public static final LifecycleTimeouts IMMEDIATE =
      new LifecycleTimeouts(
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofSeconds(1),
          Duration.ZERO,
          Duration.ofSeconds(1),
          Duration.ofSeconds(5));

  public LifecycleTimeouts {
    require("startup", startup);
    require("registration", registration);
    require("deregistration", deregistration);
    require("deregistrationDelay", deregistrationDelay);
    require("drain", drain);
    require("forceClose", forceClose);
  }

  private static void require(String field, Duration value) {
    Objects.requireNonNull(value, field);
    if (value.isNegative()) {
      throw new IllegalArgumentException(
          "the timeout \""
              + field
              + "\" is "
              + Durations.format(value)
              + "; use zero or a positive duration");
    }
  }

  public LifecycleTimeouts startupTimeout(Duration value) {
    return new LifecycleTimeouts(
        value, registration, deregistration, deregistrationDelay, drain, forceClose);
  }

  public LifecycleTimeouts registrationTimeout(Duration value) {
    return new LifecycleTimeouts(
        startup, value, deregistration, deregistrationDelay, drain, forceClose);
  }

  public LifecycleTimeouts deregistrationTimeout(Duration value) {
    return new LifecycleTimeouts(
        startup, registration, value, deregistrationDelay, drain, forceClose);
  }

  public LifecycleTimeouts deregistrationDelay(Duration value) {
    return new LifecycleTimeouts(startup, registration, deregistration, value, drain, forceClose);
  }

  public LifecycleTimeouts drainTimeout(Duration value) {
    return new LifecycleTimeouts(
        startup, registration, deregistration, deregistrationDelay, value, forceClose);
  }

  public LifecycleTimeouts forceCloseTimeout(Duration value) {
    return new LifecycleTimeouts(
        startup, registration, deregistration, deregistrationDelay, drain, value);
  }

  @Override
  public String toString() {
    return "startup "
        + Durations.format(startup)
        + ", registration "
        + Durations.format(registration)
        + ", deregistration "
        + Durations.format(deregistration)
        + ", deregistrationDelay "
        + Durations.format(deregistrationDelay)
        + ", drain "
        + Durations.format(drain)
        + ", forceClose "
        + Durations.format(forceClose);
  }
}
