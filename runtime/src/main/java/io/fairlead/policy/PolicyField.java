package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The fields of a {@link MethodPolicy}, each with its default; explain and the docs list them. */
public enum PolicyField {
  DEADLINE("deadline", null),
  IDLE_TIMEOUT("idleTimeout", null),
  RETRY("retry", null),
  HEDGING("hedging", null),
  /** Where nobody states it, the channel's balancing decides, which a service config may change. */
  BALANCER("balancer", "the channel's"),
  WAIT_FOR_READY("waitForReady", false),
  MAX_REQUEST_BYTES("maxRequestBytes", 4 << 20),
  MAX_RESPONSE_BYTES("maxResponseBytes", 4 << 20),
  COMPRESSION("compression", "identity"),
  AUTH_SCOPES("authScopes", null),
  PRIORITY("priority", Priority.NORMAL),
  FAILURE_MODE("failureMode", FailureMode.FAILOVER),
  BREAKER("breaker", CircuitBreakerPolicy.standard()),
  ENDPOINT_BREAKER("endpointBreaker", CircuitBreakerPolicy.standard()),
  STALE_IF_ERROR("staleIfError", null);

  private final String fieldName;

  // Records, enums, texts and boxed numbers only.
  @SuppressWarnings("ImmutableEnumChecker")
  private final @Nullable Object defaultValue;

  PolicyField(String fieldName, @Nullable Object defaultValue) {
    this.fieldName = fieldName;
    this.defaultValue = defaultValue;
  }

  /** The name of the builder's setter. */
  public String fieldName() {
    return fieldName;
  }

  /** What this policy states, or null. */
  public @Nullable Object of(MethodPolicy policy) {
    return switch (this) {
      case DEADLINE -> policy.deadline();
      case IDLE_TIMEOUT -> policy.idleTimeout();
      case RETRY -> policy.retry();
      case HEDGING -> policy.hedging();
      case BALANCER -> policy.balancer();
      case WAIT_FOR_READY -> policy.waitForReady();
      case MAX_REQUEST_BYTES -> policy.maxRequestBytes();
      case MAX_RESPONSE_BYTES -> policy.maxResponseBytes();
      case COMPRESSION -> policy.compression();
      case AUTH_SCOPES -> policy.authScopes();
      case PRIORITY -> policy.priority();
      case FAILURE_MODE -> policy.failureMode();
      case BREAKER -> policy.breaker();
      case ENDPOINT_BREAKER -> policy.endpointBreaker();
      case STALE_IF_ERROR -> policy.staleIfError();
    };
  }

  /** What holds where no source states the field, or null for none. */
  public @Nullable Object defaultValue() {
    return defaultValue;
  }

  /** A field's value as people read it. */
  public static String text(@Nullable Object value) {
    if (value == null) {
      return "none";
    }
    return value instanceof Duration duration ? Durations.format(duration) : value.toString();
  }
}
