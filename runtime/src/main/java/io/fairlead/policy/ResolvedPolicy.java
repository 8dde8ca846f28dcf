package io.fairlead.policy;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The policy that applies to a method, with the source of each field. Immutable.
 *
 * <p>It is made once for a method, when its config is made, and not for each call. The source of a
 * field is what errors, {@code explain()} and {@code describe} show.
 */
public final class ResolvedPolicy {
  private final MethodPolicy values;

  /** Who stated each field that is stated. */
  private final Map<PolicyField, Statement> decisive;

  private ResolvedPolicy(MethodPolicy values, Map<PolicyField, Statement> decisive) {
    this.values = values;
    this.decisive = decisive;
  }

  /** The source of a policy; the strongest comes first. */
  public enum Origin {
    /** Settings of this very call. */
    CALL("this call's settings"),
    /** A {@link PolicySource}, while the program runs. */
    LIVE("live override"),
    /** The builder of the channel or of the server. */
    BUILDER("builder"),
    /** The contract. */
    CONTRACT("contract"),
    /** The library. */
    DEFAULT("default");

    private final String text;

    Origin(String text) {
      this.text = text;
    }

    /** Returns the name as messages show it. */
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * What one source says.
   *
   * @param source which one of this origin, such as {@code "revision 12 by ann"}; may be empty
   */
  public record Statement(Origin origin, MethodPolicy policy, String source) {
    public Statement {
      Objects.requireNonNull(origin, "origin");
      Objects.requireNonNull(policy, "policy");
      Objects.requireNonNull(source, "source");
    }

    /** What the one source of this origin says. */
    public Statement(Origin origin, MethodPolicy policy) {
      this(origin, policy, "");
    }
  }

  /** Joins the sources field by field; the first one that states a field decides it. */
  public static ResolvedPolicy of(List<Statement> strongestFirst) {
    MethodPolicy joined = MethodPolicy.empty();
    Map<PolicyField, Statement> decisive = new EnumMap<>(PolicyField.class);
    for (Statement statement : strongestFirst) {
      MethodPolicy grown = joined.over(statement.policy());
      for (PolicyField field : PolicyField.values()) {
        if (field.of(joined) == null && field.of(grown) != null) {
          decisive.put(field, statement);
        }
      }
      joined = grown;
    }
    return new ResolvedPolicy(joined, decisive);
  }

  /** Returns the stated values, without the defaults. */
  public MethodPolicy stated() {
    return values;
  }

  /** Returns the source that decided the field. */
  public Origin origin(PolicyField field) {
    Statement statement = decisive.get(field);
    return statement == null ? Origin.DEFAULT : statement.origin();
  }

  /** Returns which source of the origin decided the field, if the origin has several. */
  public Optional<String> source(PolicyField field) {
    return Optional.ofNullable(decisive.get(field))
        .map(Statement::source)
        .filter(source -> !source.isEmpty());
  }

  /** Returns the field's value, which may be the default, or null for none. */
  public @Nullable Object value(PolicyField field) {
    Object stated = field.of(values);
    return stated == null ? field.defaultValue() : stated;
  }

  /** Returns a field with its value and source, as in {@code "deadline 300ms (contract)"}. */
  public String describe(PolicyField field) {
    return "%s %s (%s%s)"
        .formatted(
            field.fieldName(),
            PolicyField.text(value(field)),
            origin(field),
            source(field).map(source -> ", " + source).orElse(""));
  }

  /** Returns the stated value of {@link MethodPolicy#deadline}. */
  public Optional<Duration> deadline() {
    return values.deadline();
  }

  /** Returns the stated value of {@link MethodPolicy#idleTimeout}. */
  public Optional<Duration> idleTimeout() {
    return values.idleTimeout();
  }

  /** Returns the stated value of {@link MethodPolicy#retry}. */
  public Optional<RetryPolicy> retry() {
    return values.retry();
  }

  /** Returns the stated value of {@link MethodPolicy#hedging}. */
  public Optional<HedgingPolicy> hedging() {
    return values.hedging();
  }

  /** Returns the stated value of {@link MethodPolicy#balancer}; empty for the channel's. */
  public Optional<BalancerSpec> balancer() {
    return values.balancer();
  }

  public boolean waitForReady() {
    return (Boolean) held(PolicyField.WAIT_FOR_READY);
  }

  public int maxRequestBytes() {
    return (Integer) held(PolicyField.MAX_REQUEST_BYTES);
  }

  public int maxResponseBytes() {
    return (Integer) held(PolicyField.MAX_RESPONSE_BYTES);
  }

  public String compression() {
    return (String) held(PolicyField.COMPRESSION);
  }

  public List<String> authScopes() {
    return values.authScopes().orElse(List.of());
  }

  public Priority priority() {
    return (Priority) held(PolicyField.PRIORITY);
  }

  public FailureMode failureMode() {
    return (FailureMode) held(PolicyField.FAILURE_MODE);
  }

  public CircuitBreakerPolicy breaker() {
    return (CircuitBreakerPolicy) held(PolicyField.BREAKER);
  }

  public CircuitBreakerPolicy endpointBreaker() {
    return (CircuitBreakerPolicy) held(PolicyField.ENDPOINT_BREAKER);
  }

  /** Returns the stated value of {@link MethodPolicy#cache}. */
  public Optional<CachePolicy> cache() {
    return values.cache();
  }

  /** Returns the stated value of {@link MethodPolicy#route}. */
  public Optional<RoutePolicy> route() {
    return values.route();
  }

  private Object held(PolicyField field) {
    return Objects.requireNonNull(value(field), field.fieldName());
  }

  /** Returns the stated fields with their sources. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    decisive
        .keySet()
        .forEach(field -> text.append(text.isEmpty() ? "" : ", ").append(describe(field)));
    return text.isEmpty() ? "defaults only" : text.toString();
  }
}
