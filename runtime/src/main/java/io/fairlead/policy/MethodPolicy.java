package io.fairlead.policy;

import io.fairlead.internal.Durations;
import io.fairlead.options.LiveBounds;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How calls of a method are made and served, as one source states it. A field that is empty is not
 * stated by this source; another source, or a default, decides. {@link PolicyField} lists them.
 */
public final class MethodPolicy {
  private static final MethodPolicy EMPTY = builder().build();

  /** What is stated. */
  private final Map<PolicyField, Object> values;

  private MethodPolicy(Map<PolicyField, Object> values) {
    this.values = values;
  }

  /** States nothing. */
  public static MethodPolicy empty() {
    return EMPTY;
  }

  /** Starts with nothing stated. */
  public static Builder builder() {
    return new Builder(new EnumMap<>(PolicyField.class));
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return new Builder(copy(values));
  }

  /** Returns the time a whole call may take, attempts and backoff included. */
  public Optional<Duration> deadline() {
    return optional(PolicyField.DEADLINE);
  }

  /** Returns the longest silence on a stream, in both directions together. */
  public Optional<Duration> idleTimeout() {
    return optional(PolicyField.IDLE_TIMEOUT);
  }

  /** Returns the retries of a failed call; they exclude {@link #hedging}. */
  public Optional<RetryPolicy> retry() {
    return optional(PolicyField.RETRY);
  }

  /** Returns the hedges of a slow call; they exclude {@link #retry}. */
  public Optional<HedgingPolicy> hedging() {
    return optional(PolicyField.HEDGING);
  }

  /** Returns how an endpoint is chosen. */
  public Optional<BalancerSpec> balancer() {
    return optional(PolicyField.BALANCER);
  }

  /** Returns whether a call waits for a connection rather than fail at once. */
  public Optional<Boolean> waitForReady() {
    return optional(PolicyField.WAIT_FOR_READY);
  }

  /** Returns the largest request. */
  public Optional<Integer> maxRequestBytes() {
    return optional(PolicyField.MAX_REQUEST_BYTES);
  }

  /** Returns the largest response. */
  public Optional<Integer> maxResponseBytes() {
    return optional(PolicyField.MAX_RESPONSE_BYTES);
  }

  /** Returns the message encoding of requests, by its gRPC name. */
  public Optional<String> compression() {
    return optional(PolicyField.COMPRESSION);
  }

  /** Returns every scope that a caller must hold. */
  public Optional<List<String>> authScopes() {
    return optional(PolicyField.AUTH_SCOPES);
  }

  /** Returns whether everyone may call; false stands for callers that the authorizer knows. */
  public Optional<Boolean> publicAccess() {
    return optional(PolicyField.PUBLIC_ACCESS);
  }

  /** Returns what an overloaded server sheds first. */
  public Optional<Priority> priority() {
    return optional(PolicyField.PRIORITY);
  }

  /** Returns what a caller sees of failed attempts. */
  public Optional<FailureMode> failureMode() {
    return optional(PolicyField.FAILURE_MODE);
  }

  /** Returns when calls of the method are refused because too many failed; run time only. */
  public Optional<CircuitBreakerPolicy> breaker() {
    return optional(PolicyField.BREAKER);
  }

  /**
   * Returns when an endpoint gets no calls because too many failed there; methods with equal
   * settings share their breakers; run time only.
   */
  public Optional<CircuitBreakerPolicy> endpointBreaker() {
    return optional(PolicyField.ENDPOINT_BREAKER);
  }

  /** Returns which responses are kept, to answer equal calls or in place of failures. */
  public Optional<CachePolicy> cache() {
    return optional(PolicyField.CACHE);
  }

  /** Returns which endpoints get which share of the calls. */
  public Optional<RoutePolicy> route() {
    return optional(PolicyField.ROUTE);
  }

  /** Returns the fault that calls get on purpose, at servers that allow faults. */
  public Optional<FaultPolicy> fault() {
    return optional(PolicyField.FAULT);
  }

  /** Returns where which share of the calls is copied to, by channels that have a mirror. */
  public Optional<MirrorPolicy> mirror() {
    return optional(PolicyField.MIRROR);
  }

  private static Map<PolicyField, Object> copy(Map<PolicyField, Object> values) {
    Map<PolicyField, Object> copy = new EnumMap<>(PolicyField.class);
    copy.putAll(values);
    return copy;
  }

  /** Returns what is stated of a field, or null. */
  @Nullable Object value(PolicyField field) {
    return values.get(field);
  }

  @SuppressWarnings("unchecked") // The builder's setters, and nobody else, put the values in.
  private <T> Optional<T> optional(PolicyField field) {
    return Optional.ofNullable((T) values.get(field));
  }

  /** Returns whether no field is stated. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** Returns these fields, and those of {@code base} where this states nothing. */
  public MethodPolicy over(MethodPolicy base) {
    if (isEmpty()) {
      return base;
    }
    if (base.isEmpty()) {
      return this;
    }
    Map<PolicyField, Object> joined = copy(values);
    base.values.forEach(
        (field, value) -> {
          // Of two fields that exclude each other, one here replaces the other there.
          if (!values.containsKey(field.alternative())) {
            joined.putIfAbsent(field, value);
          }
        });
    return new MethodPolicy(joined);
  }

  /**
   * Returns the part of a service's policy that applies to one of its methods: a deadline for unary
   * methods, an idle timeout for streams, retries for methods that may be retried, and a time for
   * each attempt of unary ones.
   */
  public MethodPolicy asDefaultOf(boolean unary, boolean repeatable) {
    Map<PolicyField, Object> fitting = new EnumMap<>(PolicyField.class);
    values.forEach(
        (field, value) -> {
          Object held = field.asDefaultOf(value, unary, repeatable);
          if (held != null) {
            fitting.put(field, held);
          }
        });
    return new MethodPolicy(fitting);
  }

  /**
   * Checks these values as a live policy of a method.
   *
   * @throws IllegalArgumentException if the contract's bounds do not allow one of them; the message
   *     names the method, the field, its value and the bounds
   */
  public void checkBounds(LiveBounds bounds) {
    check(bounds, LiveBounds.Field.DEADLINE, deadline());
    check(bounds, LiveBounds.Field.IDLE_TIMEOUT, idleTimeout());
    check(bounds, LiveBounds.Field.RETRY_ATTEMPTS, retry().map(RetryPolicy::attempts));
    check(bounds, LiveBounds.Field.RETRY_PER_ATTEMPT, retry().flatMap(RetryPolicy::perAttempt));
    check(bounds, LiveBounds.Field.HEDGING_ATTEMPTS, hedging().map(HedgingPolicy::attempts));
    check(bounds, LiveBounds.Field.HEDGING_DELAY, hedging().map(HedgingPolicy::delay));
    check(bounds, LiveBounds.Field.MAX_REQUEST_BYTES, maxRequestBytes());
    check(bounds, LiveBounds.Field.MAX_RESPONSE_BYTES, maxResponseBytes());
  }

  private static void check(LiveBounds bounds, LiveBounds.Field field, Optional<?> stated) {
    stated.ifPresent(
        value ->
            bounds.check(
                field,
                value instanceof Duration time
                    ? TimeUnit.NANOSECONDS.convert(time)
                    : (Integer) value,
                PolicyField.text(value)));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof MethodPolicy that && values.equals(that.values));
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** Returns the fields that are stated, by name, as messages show them. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    values.forEach(
        (field, value) -> {
          text.append(text.length() == 1 ? "" : "; ").append(field.fieldName()).append(": ");
          text.append(PolicyField.text(value));
        });
    return text.append('}').toString();
  }

  /** For one thread. Each setter takes the last value given. */
  public static final class Builder {
    private final Map<PolicyField, Object> values;

    private Builder(Map<PolicyField, Object> values) {
      this.values = values;
    }

    /** Sets the time a whole call may take, attempts and backoff included. */
    public Builder deadline(Duration value) {
      return set(PolicyField.DEADLINE, value);
    }

    /** Sets the longest silence on a stream, in both directions together. */
    public Builder idleTimeout(Duration value) {
      return set(PolicyField.IDLE_TIMEOUT, value);
    }

    /** Retries of a failed call; excludes {@code hedging}. */
    public Builder retry(RetryPolicy value) {
      return set(PolicyField.RETRY, value);
    }

    /** Hedges of a slow call; excludes {@code retry}. */
    public Builder hedging(HedgingPolicy value) {
      return set(PolicyField.HEDGING, value);
    }

    /** Sets how an endpoint is chosen, e.g. {@code "least_request"}. */
    public Builder balancer(String name) {
      return balancer(name, Map.of());
    }

    /** Sets how an endpoint is chosen, with the balancer's own settings. */
    public Builder balancer(String name, Map<String, ?> config) {
      return set(PolicyField.BALANCER, new BalancerSpec(name, config));
    }

    /** Sets whether a call waits for a connection rather than fail at once. */
    public Builder waitForReady(boolean value) {
      return set(PolicyField.WAIT_FOR_READY, value);
    }

    /** Sets the largest request. */
    public Builder maxRequestBytes(int value) {
      return set(PolicyField.MAX_REQUEST_BYTES, value);
    }

    /** Sets the largest response. */
    public Builder maxResponseBytes(int value) {
      return set(PolicyField.MAX_RESPONSE_BYTES, value);
    }

    /** Sets the message encoding of requests, e.g. {@code "gzip"}. */
    public Builder compression(String value) {
      return set(PolicyField.COMPRESSION, value);
    }

    /** Sets every scope that a caller must hold. */
    public Builder authScopes(String... values) {
      return set(PolicyField.AUTH_SCOPES, List.of(values));
    }

    /** Does the same as {@link #authScopes(String...)}. */
    public Builder authScopes(Collection<String> values) {
      return set(PolicyField.AUTH_SCOPES, List.copyOf(values));
    }

    /**
     * Sets who may call: everyone, without asking the authorizer, or every caller that it knows.
     * True excludes {@code authScopes}.
     */
    public Builder publicAccess(boolean value) {
      return set(PolicyField.PUBLIC_ACCESS, value);
    }

    /** Sets what an overloaded server sheds first. */
    public Builder priority(Priority value) {
      return set(PolicyField.PRIORITY, value);
    }

    /** Sets what a caller sees of failed attempts. */
    public Builder failureMode(FailureMode value) {
      return set(PolicyField.FAILURE_MODE, value);
    }

    /** Sets when calls of the method are refused because too many failed; run time only. */
    public Builder breaker(CircuitBreakerPolicy value) {
      return set(PolicyField.BREAKER, value);
    }

    /** Sets when an endpoint gets no calls because too many failed there; run time only. */
    public Builder endpointBreaker(CircuitBreakerPolicy value) {
      return set(PolicyField.ENDPOINT_BREAKER, value);
    }

    /** Sets which responses are kept, to answer equal calls or in place of failures. */
    public Builder cache(CachePolicy value) {
      return set(PolicyField.CACHE, value);
    }

    /** Sends a share of the calls to some endpoints, and the others elsewhere. */
    public Builder route(RoutePolicy value) {
      return set(PolicyField.ROUTE, value);
    }

    /** Sets a fault that calls get on purpose, at servers that allow faults. */
    public Builder fault(FaultPolicy value) {
      return set(PolicyField.FAULT, value);
    }

    /** Copies a share of the calls elsewhere, by channels that have a mirror. */
    public Builder mirror(MirrorPolicy value) {
      return set(PolicyField.MIRROR, value);
    }

    private Builder set(PolicyField field, Object value) {
      values.put(field, Objects.requireNonNull(value, field.fieldName()));
      return this;
    }

    /** Returns the checked value. */
    public MethodPolicy build() {
      for (Map.Entry<PolicyField, Object> stated : values.entrySet()) {
        stated.getKey().check(stated.getValue());
      }
      MethodPolicy built = new MethodPolicy(copy(values));
      RetryPolicy retry = built.retry().orElse(null);
      if (retry != null) {
        check(retry, built);
      }
      if (built.publicAccess().orElse(false) && !built.authScopes().orElse(List.of()).isEmpty()) {
        throw new IllegalArgumentException(
            "publicAccess lets everyone call, and authScopes asks for %s; state one of them"
                .formatted(built.authScopes().get()));
      }
      return built;
    }

    private static void check(RetryPolicy retry, MethodPolicy policy) {
      if (policy.hedging().isPresent()) {
        throw new IllegalArgumentException(
            "retry and hedging exclude each other on one method; state one of them");
      }
      // Checked within one source only: where two are joined, the shorter of the two times wins.
      Duration perAttempt = retry.perAttempt().orElse(null);
      Duration deadline = policy.deadline().orElse(null);
      if (perAttempt != null && deadline != null && perAttempt.compareTo(deadline) > 0) {
        throw new IllegalArgumentException(
            "retry.perAttempt %s is above the deadline %s"
                .formatted(Durations.format(perAttempt), Durations.format(deadline)));
      }
    }
  }
}
