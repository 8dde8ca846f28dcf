package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a {@link MethodPolicy}: the table from which checks, joining, defaults,
 * explanations and the docs follow.
 */
public enum PolicyField {
  DEADLINE("deadline", Form.TIME, Scope.UNARY, null),
  IDLE_TIMEOUT("idleTimeout", Form.TIME, Scope.STREAM, null),
  RETRY("retry", Form.VALUE, Scope.RETRY, null),
  HEDGING("hedging", Form.VALUE, Scope.HEDGING, null),
  /**
   * Where no source states it, the channel's balancing decides; a service config may change that.
   */
  BALANCER("balancer", Form.VALUE, Scope.EVERY, "the channel's"),
  WAIT_FOR_READY("waitForReady", Form.VALUE, Scope.EVERY, false),
  MAX_REQUEST_BYTES("maxRequestBytes", Form.BYTES, Scope.EVERY, 4 << 20),
  MAX_RESPONSE_BYTES("maxResponseBytes", Form.BYTES, Scope.EVERY, 4 << 20),
  COMPRESSION("compression", Form.NAME, Scope.EVERY, "identity"),
  AUTH_SCOPES("authScopes", Form.SCOPES, Scope.EVERY, null),
  PUBLIC_ACCESS("publicAccess", Form.VALUE, Scope.EVERY, null),
  PRIORITY("priority", Form.VALUE, Scope.EVERY, Priority.NORMAL),
  FAILURE_MODE("failureMode", Form.VALUE, Scope.FAILURE_MODE, FailureMode.FAILOVER),
  BREAKER("breaker", Form.VALUE, Scope.EVERY, CircuitBreakerPolicy.standard()),
  ENDPOINT_BREAKER("endpointBreaker", Form.VALUE, Scope.EVERY, CircuitBreakerPolicy.standard()),
  ROUTE("route", Form.VALUE, Scope.EVERY, null),
  CACHE("cache", Form.VALUE, Scope.UNARY, null),
  FAULT("fault", Form.VALUE, Scope.EVERY, null),
  MIRROR("mirror", Form.VALUE, Scope.UNARY, null);

  /** What a value must be. */
  private enum Form {
    TIME,
    BYTES,
    NAME,
    SCOPES,
    /** Checked where it was made. */
    VALUE
  }

  /** For which methods of a service the service's value holds. */
  private enum Scope {
    EVERY,
    UNARY,
    STREAM,
    RETRY,
    HEDGING,
    FAILURE_MODE
  }

  private final String fieldName;
  private final Form form;
  private final Scope scope;

  // Immutable values, enums, texts and boxed numbers only.
  @SuppressWarnings("ImmutableEnumChecker")
  private final @Nullable Object defaultValue;

  PolicyField(String fieldName, Form form, Scope scope, @Nullable Object defaultValue) {
    this.fieldName = fieldName;
    this.form = form;
    this.scope = scope;
    this.defaultValue = defaultValue;
  }

  /** Returns the name of the builder's setter. */
  public String fieldName() {
    return fieldName;
  }

  /** Returns the value that this policy states, or null. */
  public @Nullable Object of(MethodPolicy policy) {
    return policy.value(this);
  }

  /** Returns the value where no source states the field, or null for none. */
  public @Nullable Object defaultValue() {
    return defaultValue;
  }

  /** Returns a field's value as messages show it. */
  public static String text(@Nullable Object value) {
    if (value == null) {
      return "none";
    }
    return value instanceof Duration duration ? Durations.format(duration) : value.toString();
  }

  /** Refuses a value that the field cannot have. */
  void check(Object value) {
    switch (form) {
      case TIME -> Arguments.positive(fieldName, (Duration) value);
      case BYTES -> Arguments.bytes(fieldName, (Integer) value);
      case NAME -> Arguments.text(fieldName, (String) value, "\"gzip\"");
      case SCOPES ->
          ((List<?>) value)
              .forEach(scope -> Arguments.text(fieldName, (String) scope, "\"inventory.read\""));
      case VALUE -> {}
    }
  }

  /** Returns the field that excludes this one, or the field itself. */
  PolicyField alternative() {
    return switch (this) {
      case RETRY -> HEDGING;
      case HEDGING -> RETRY;
      default -> this;
    };
  }

  /** Returns the part of a service's value that applies to one of its methods, or null. */
  @Nullable Object asDefaultOf(Object value, boolean unary, boolean repeatable) {
    return switch (scope) {
      case EVERY -> value;
      case UNARY -> unary ? value : null;
      case STREAM -> unary ? null : value;
      case RETRY -> ((RetryPolicy) value).asDefaultOf(unary, repeatable);
      case HEDGING -> ((HedgingPolicy) value).asDefaultOf(unary, repeatable);
      case FAILURE_MODE ->
          unary || (value != FailureMode.FAILSAFE && value != FailureMode.BROADCAST) ? value : null;
    };
  }
}
