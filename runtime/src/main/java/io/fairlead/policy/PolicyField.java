package io.fairlead.policy;

import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fields of a {@link MethodPolicy}, each with its default; explain and the docs list them. */
public enum PolicyField {
  DEADLINE("deadline", MethodPolicy::deadline, null),
  IDLE_TIMEOUT("idleTimeout", MethodPolicy::idleTimeout, null),
  RETRY("retry", MethodPolicy::retry, null),
  HEDGING("hedging", MethodPolicy::hedging, null),
  BALANCER("balancer", MethodPolicy::balancer, new BalancerChoice("least_request", Map.of())),
  WAIT_FOR_READY("waitForReady", MethodPolicy::waitForReady, false),
  MAX_REQUEST_BYTES("maxRequestBytes", MethodPolicy::maxRequestBytes, 4 << 20),
  MAX_RESPONSE_BYTES("maxResponseBytes", MethodPolicy::maxResponseBytes, 4 << 20),
  COMPRESSION("compression", MethodPolicy::compression, "identity"),
  AUTH_SCOPES("authScopes", MethodPolicy::authScopes, null),
  PRIORITY("priority", MethodPolicy::priority, Priority.NORMAL),
  FAILURE_MODE("failureMode", MethodPolicy::failureMode, FailureMode.FAILOVER),
  BREAKER("breaker", MethodPolicy::breaker, BreakerPolicy.standard()),
  ENDPOINT_BREAKER("endpointBreaker", MethodPolicy::endpointBreaker, BreakerPolicy.standard()),
  LAST_GOOD("lastGood", MethodPolicy::lastGood, null);

  private final String fieldName;

  // A method reference without state.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Function<MethodPolicy, @Nullable Object> getter;

  // Records, enums and boxed numbers only.
  @SuppressWarnings("ImmutableEnumChecker")
  private final @Nullable Object defaultValue;

  PolicyField(
      String fieldName,
      Function<MethodPolicy, @Nullable Object> getter,
      @Nullable Object defaultValue) {
    this.fieldName = fieldName;
    this.getter = getter;
    this.defaultValue = defaultValue;
  }

  /** The name of the builder's setter. */
  public String fieldName() {
    return fieldName;
  }

  /** What this policy states, or null. */
  public @Nullable Object of(MethodPolicy policy) {
    return getter.apply(policy);
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
