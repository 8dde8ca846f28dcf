package io.fairlead.observe;

import java.util.Locale;
import java.util.Objects;

/**
 * Where a circuit breaker stands.
 *
 * @param scope what it guards
 * @param name the full name of the method, or the id of the endpoint
 * @param phase what it does
 * @param description the reason, in words
 */
public record CircuitBreakerStatus(Scope scope, String name, Phase phase, String description) {
  /** What a breaker guards. */
  public enum Scope {
    /** All calls of one method. */
    METHOD,
    /** All calls to one endpoint. */
    ENDPOINT
  }

  /** What a breaker does. */
  public enum Phase {
    /** Lets all calls pass. */
    CLOSED,
    /** Refuses all calls. */
    OPEN,
    /** Lets a few probes pass. */
    HALF_OPEN
  }

  public CircuitBreakerStatus {
    Objects.requireNonNull(scope, "scope");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(description, "description");
  }

  /**
   * Returns a sentence, as in {@code "the circuit breaker of endpoint 10.0.0.7:50051 is closed,
   * ..."}.
   */
  @Override
  public String toString() {
    return "the circuit breaker of "
        + scope.name().toLowerCase(Locale.ROOT)
        + ' '
        + name
        + " is "
        + description;
  }
}
