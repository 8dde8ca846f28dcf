package io.fairlead.lifecycle;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The longest time that each step of a server's life may take. A step that runs out of its time is
 * logged with what was missing, and the next one begins; only a server that never gets ready stops.
 */
public final class LifecycleTimeouts {
  /** What a server uses when nothing is said. */
  public static final LifecycleTimeouts DEFAULT = builder().build();

  /** For a start that failed: no client knows of it, so none needs time. */
  public static final LifecycleTimeouts IMMEDIATE =
      builder()
          .startupTimeout(Duration.ZERO)
          .registrationTimeout(Duration.ZERO)
          .deregistrationTimeout(Duration.ofSeconds(1))
          .deregistrationDelay(Duration.ZERO)
          .drainTimeout(Duration.ofSeconds(1))
          .build();

  private final Duration startup;
  private final Duration registration;
  private final Duration deregistration;
  private final Duration deregistrationDelay;
  private final Duration drain;
  private final Duration forceClose;

  private LifecycleTimeouts(Builder builder) {
    startup = builder.startup;
    registration = builder.registration;
    deregistration = builder.deregistration;
    deregistrationDelay = builder.deregistrationDelay;
    drain = builder.drain;
    forceClose = builder.forceClose;
    Arguments.notNegative("timeouts.startup", startup);
    Arguments.notNegative("timeouts.registration", registration);
    Arguments.notNegative("timeouts.deregistration", deregistration);
    Arguments.notNegative("timeouts.deregistrationDelay", deregistrationDelay);
    Arguments.notNegative("timeouts.drain", drain);
    Arguments.notNegative("timeouts.forceClose", forceClose);
  }

  /** Returns a builder that starts from {@link #DEFAULT}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.startup = startup;
    builder.registration = registration;
    builder.deregistration = deregistration;
    builder.deregistrationDelay = deregistrationDelay;
    builder.drain = drain;
    builder.forceClose = forceClose;
    return builder;
  }

  /** Returns the time for the readiness checks to pass before start gives up. */
  public Duration startup() {
    return startup;
  }

  /** Returns the time for the registry to confirm the entry; later it goes on in the background. */
  public Duration registration() {
    return registration;
  }

  /**
   * Returns the time for the registry to accept the draining state and remove the entry, together.
   */
  public Duration deregistration() {
    return deregistration;
  }

  /** Returns how long to go on serving after that, so that clients notice first. */
  public Duration deregistrationDelay() {
    return deregistrationDelay;
  }

  /** Returns the time for calls in flight to end after the connections were told to go away. */
  public Duration drain() {
    return drain;
  }

  /**
   * Returns the time for the transport to end after the remaining calls were cut, then for the
   * threads of handlers to end, then for a registry that the server opened to close.
   */
  public Duration forceClose() {
    return forceClose;
  }

  private List<Object> values() {
    return List.of(startup, registration, deregistration, deregistrationDelay, drain, forceClose);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LifecycleTimeouts that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return ("startup %s, registration %s, deregistration %s, deregistrationDelay %s, drain %s,"
            + " forceClose %s")
        .formatted(
            Durations.format(startup),
            Durations.format(registration),
            Durations.format(deregistration),
            Durations.format(deregistrationDelay),
            Durations.format(drain),
            Durations.format(forceClose));
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private Duration startup = Duration.ofSeconds(30);
    private Duration registration = Duration.ofSeconds(5);
    private Duration deregistration = Duration.ofSeconds(5);
    private Duration deregistrationDelay = Duration.ofSeconds(2);
    private Duration drain = Duration.ofSeconds(30);
    private Duration forceClose = Duration.ofSeconds(5);

    private Builder() {}

    /** Gives the readiness checks this long to pass before start gives up. Default: 30s. */
    public Builder startupTimeout(Duration value) {
      startup = Objects.requireNonNull(value, "startupTimeout");
      return this;
    }

    /**
     * Gives the registry this long to confirm the entry; later it goes on in the background.
     * Default: 5s.
     */
    public Builder registrationTimeout(Duration value) {
      registration = Objects.requireNonNull(value, "registrationTimeout");
      return this;
    }

    /**
     * Gives the registry this long to accept the draining state and remove the entry, together.
     * Default: 5s.
     */
    public Builder deregistrationTimeout(Duration value) {
      deregistration = Objects.requireNonNull(value, "deregistrationTimeout");
      return this;
    }

    /** Goes on serving for this long after that, so that clients notice first. Default: 2s. */
    public Builder deregistrationDelay(Duration value) {
      deregistrationDelay = Objects.requireNonNull(value, "deregistrationDelay");
      return this;
    }

    /**
     * Gives calls in flight this long to end after the connections were told to go away. Default:
     * 30s.
     */
    public Builder drainTimeout(Duration value) {
      drain = Objects.requireNonNull(value, "drainTimeout");
      return this;
    }

    /**
     * Gives this long to the transport to end after the remaining calls were cut, then to the
     * threads of handlers to end, then to a registry that the server opened to close. Default: 5s.
     */
    public Builder forceCloseTimeout(Duration value) {
      forceClose = Objects.requireNonNull(value, "forceCloseTimeout");
      return this;
    }

    /** Returns the checked value. */
    public LifecycleTimeouts build() {
      return new LifecycleTimeouts(this);
    }
  }
}
