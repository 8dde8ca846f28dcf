package io.fairlead.observe;

import io.fairlead.policy.CircuitBreaker;
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
public record CircuitBreakerStatus(
    Scope scope, String name, CircuitBreaker.Phase phase, String description) {
  /** What a breaker guards. */
  public enum Scope {
    /** All calls of one method. */
    METHOD,
    /** All calls to one endpoint. */
    ENDPOINT
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
