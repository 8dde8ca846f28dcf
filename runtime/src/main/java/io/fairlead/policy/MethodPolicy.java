package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How calls of a method are made and served, as one source states it. A null field is not stated by
 * this source; another source, or a default, decides.
 *
 * @param deadline the time a whole call may take, attempts and backoff included
 * @param idleTimeout the longest silence on a stream, in both directions together
 * @param retry retries of a failed call; excludes {@code hedging}
 * @param hedging hedges of a slow call; excludes {@code retry}
 * @param balancer how an endpoint is chosen
 * @param waitForReady whether a call waits for a connection rather than fail at once
 * @param maxRequestBytes the largest request
 * @param maxResponseBytes the largest response
 * @param compression the message encoding of requests, by its gRPC name
 * @param authScopes every scope that a caller must hold
 * @param priority what an overloaded server sheds first
 * @param failureMode what a caller sees of failed attempts
 * @param breaker when calls of the method are refused because too many failed; run time only
 * @param endpointBreaker when an endpoint gets no calls because too many failed there; methods with
 *     equal settings share their breakers; run time only
 * @param staleIfError serves the last successful response when a call fails; run time only
 */
public record MethodPolicy(
    @Nullable Duration deadline,
    @Nullable Duration idleTimeout,
    @Nullable RetryPolicy retry,
    @Nullable HedgingPolicy hedging,
    @Nullable BalancerSpec balancer,
    @Nullable Boolean waitForReady,
    @Nullable Integer maxRequestBytes,
    @Nullable Integer maxResponseBytes,
    @Nullable String compression,
    @Nullable List<String> authScopes,
    @Nullable Priority priority,
    @Nullable FailureMode failureMode,
    @Nullable CircuitBreakerPolicy breaker,
    @Nullable CircuitBreakerPolicy endpointBreaker,
    @Nullable StaleIfErrorPolicy staleIfError) {

  private static final MethodPolicy EMPTY = builder().build();
  private static final PolicyField[] FIELDS = PolicyField.values();

  public MethodPolicy {
    Arguments.optional("deadline", deadline);
    Arguments.optional("idleTimeout", idleTimeout);
    Arguments.bytes("maxRequestBytes", maxRequestBytes);
    Arguments.bytes("maxResponseBytes", maxResponseBytes);
    if (compression != null) {
      Arguments.text("compression", compression, "\"gzip\"");
    }
    if (authScopes != null) {
      authScopes = List.copyOf(authScopes);
      authScopes.forEach(scope -> Arguments.text("authScopes", scope, "\"inventory.read\""));
    }
    if (retry != null && hedging != null) {
      throw new IllegalArgumentException(
          "retry and hedging exclude each other on one method; state one of them");
    }
  }

  /** States nothing. */
  public static MethodPolicy empty() {
    return EMPTY;
  }

  /** Starts with nothing stated. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether no field is stated. */
  @SuppressWarnings("ReferenceEquality") // a short cut for the calls that state nothing
  public boolean isEmpty() {
    if (this == EMPTY) {
      return true;
    }
    // Field by field: a record's own equals is linked at its first use, which a start would feel.
    for (PolicyField field : FIELDS) {
      if (field.of(this) != null) {
        return false;
      }
    }
    return true;
  }

  /** These fields, and those of {@code base} where this states nothing. */
  public MethodPolicy over(MethodPolicy base) {
    if (isEmpty()) {
      return base;
    }
    if (base.isEmpty()) {
      return this;
    }
    return new MethodPolicy(
        deadline != null ? deadline : base.deadline,
        idleTimeout != null ? idleTimeout : base.idleTimeout,
        // Retry and hedging exclude each other, so one of them here replaces the other there.
        retry != null || hedging != null ? retry : base.retry,
        retry != null || hedging != null ? hedging : base.hedging,
        balancer != null ? balancer : base.balancer,
        waitForReady != null ? waitForReady : base.waitForReady,
        maxRequestBytes != null ? maxRequestBytes : base.maxRequestBytes,
        maxResponseBytes != null ? maxResponseBytes : base.maxResponseBytes,
        compression != null ? compression : base.compression,
        authScopes != null ? authScopes : base.authScopes,
        priority != null ? priority : base.priority,
        failureMode != null ? failureMode : base.failureMode,
        breaker != null ? breaker : base.breaker,
        endpointBreaker != null ? endpointBreaker : base.endpointBreaker,
        staleIfError != null ? staleIfError : base.staleIfError);
  }

  /**
   * What of these, said of a whole service, holds for one of its methods: a deadline for unary
   * methods, an idle timeout for streams, retries for methods that may be retried, and a time for
   * each attempt of unary ones.
   */
  public MethodPolicy asDefaultOf(boolean unary, boolean repeatable) {
    FailureMode mode = failureMode;
    boolean unaryMode = mode == FailureMode.FAILSAFE || mode == FailureMode.BROADCAST;
    return new MethodPolicy(
        unary ? deadline : null,
        unary ? null : idleTimeout,
        retry != null && (repeatable || retry.unsafe()) ? retry.of(unary) : null,
        hedging != null && unary && (repeatable || hedging.unsafe()) ? hedging : null,
        balancer,
        waitForReady,
        maxRequestBytes,
        maxResponseBytes,
        compression,
        authScopes,
        priority,
        unary || !unaryMode ? mode : null,
        breaker,
        endpointBreaker,
        unary ? staleIfError : null);
  }

  /** The fields that are stated, by name, as people read them. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (PolicyField field : PolicyField.values()) {
      Object value = field.of(this);
      if (value != null) {
        text.append(text.length() == 1 ? "" : "; ").append(field.fieldName()).append(": ");
        text.append(PolicyField.text(value));
      }
    }
    return text.append('}').toString();
  }

  /** For one thread. Each setter takes the last value given. */
  public static final class Builder {
    private @Nullable Duration deadline;
    private @Nullable Duration idleTimeout;
    private @Nullable RetryPolicy retry;
    private @Nullable HedgingPolicy hedging;
    private @Nullable BalancerSpec balancer;
    private @Nullable Boolean waitForReady;
    private @Nullable Integer maxRequestBytes;
    private @Nullable Integer maxResponseBytes;
    private @Nullable String compression;
    private @Nullable List<String> authScopes;
    private @Nullable Priority priority;
    private @Nullable FailureMode failureMode;
    private @Nullable CircuitBreakerPolicy breaker;
    private @Nullable CircuitBreakerPolicy endpointBreaker;
    private @Nullable StaleIfErrorPolicy staleIfError;

    private Builder() {}

    /** The time a whole call may take. */
    public Builder deadline(Duration value) {
      deadline = value;
      return this;
    }

    /** As {@link #deadline(Duration)}, e.g. {@code "300ms"}. */
    public Builder deadline(String value) {
      return deadline(Durations.parse("deadline", value));
    }

    /** The longest silence on a stream. */
    public Builder idleTimeout(Duration value) {
      idleTimeout = value;
      return this;
    }

    /** As {@link #idleTimeout(Duration)}, e.g. {@code "30s"}. */
    public Builder idleTimeout(String value) {
      return idleTimeout(Durations.parse("idleTimeout", value));
    }

    /** Retries of a failed call. */
    public Builder retry(RetryPolicy value) {
      retry = value;
      return this;
    }

    /** Hedges of a slow call. */
    public Builder hedging(HedgingPolicy value) {
      hedging = value;
      return this;
    }

    /** How an endpoint is chosen, e.g. {@code "least_request"}. */
    public Builder balancer(String name) {
      return balancer(name, Map.of());
    }

    /** How an endpoint is chosen, with the balancer's own settings. */
    public Builder balancer(String name, Map<String, ?> config) {
      balancer = new BalancerSpec(name, config);
      return this;
    }

    /** Whether a call waits for a connection. */
    public Builder waitForReady(boolean value) {
      waitForReady = value;
      return this;
    }

    /** The largest request. */
    public Builder maxRequestBytes(int value) {
      maxRequestBytes = value;
      return this;
    }

    /** The largest response. */
    public Builder maxResponseBytes(int value) {
      maxResponseBytes = value;
      return this;
    }

    /** The message encoding of requests, e.g. {@code "gzip"}. */
    public Builder compression(String value) {
      compression = value;
      return this;
    }

    /** Every scope that a caller must hold. */
    public Builder authScopes(String... values) {
      authScopes = List.of(values);
      return this;
    }

    /** As {@link #authScopes(String...)}. */
    public Builder authScopes(Collection<String> values) {
      authScopes = List.copyOf(values);
      return this;
    }

    /** What an overloaded server sheds first. */
    public Builder priority(Priority value) {
      priority = value;
      return this;
    }

    /** What a caller sees of failed attempts. */
    public Builder failureMode(FailureMode value) {
      failureMode = value;
      return this;
    }

    /** When calls of the method are refused because too many failed. */
    public Builder breaker(CircuitBreakerPolicy value) {
      breaker = value;
      return this;
    }

    /** When an endpoint gets no calls because too many failed there. */
    public Builder endpointBreaker(CircuitBreakerPolicy value) {
      endpointBreaker = value;
      return this;
    }

    /** Serves the last successful response when a call fails. */
    public Builder staleIfError(StaleIfErrorPolicy value) {
      staleIfError = value;
      return this;
    }

    /** The checked value. */
    public MethodPolicy build() {
      // Checked within one source only: where two are joined, the shorter of the two times wins.
      if (deadline != null
          && retry != null
          && retry.perAttempt() != null
          && retry.perAttempt().compareTo(deadline) > 0) {
        throw new IllegalArgumentException(
            "retry.perAttempt "
                + Durations.format(retry.perAttempt())
                + " is above the deadline "
                + Durations.format(deadline));
      }
      return new MethodPolicy(
          deadline,
          idleTimeout,
          retry,
          hedging,
          balancer,
          waitForReady,
          maxRequestBytes,
          maxResponseBytes,
          compression,
          authScopes,
          priority,
          failureMode,
          breaker,
          endpointBreaker,
          staleIfError);
    }
  }
}
