package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many calls a server takes at once. What is above a limit waits in the queue, if there is one,
 * or is answered RESOURCE_EXHAUSTED with a hint when to try again. The server's services about
 * itself are never limited.
 */
public final class ConcurrencyLimits {
  /** Nothing limited. */
  public static final ConcurrencyLimits NONE = builder().build();

  private final int maxCalls;
  private final int maxCallsPerMethod;
  private final Map<String, Integer> maxCallsByMethod;
  private final int maxCallsPerCaller;
  private final @Nullable AdaptiveLimitPolicy adaptive;
  private final int maxQueuedCalls;
  private final Duration maxQueueTime;

  private ConcurrencyLimits(Builder builder) {
    maxCalls = builder.maxCalls;
    maxCallsPerMethod = builder.maxCallsPerMethod;
    maxCallsByMethod = Map.copyOf(builder.maxCallsByMethod);
    maxCallsPerCaller = builder.maxCallsPerCaller;
    adaptive = builder.adaptive;
    maxQueuedCalls = builder.maxQueuedCalls;
    maxQueueTime = builder.maxQueueTime;
    Arguments.atLeast("maxCalls", maxCalls, 0);
    Arguments.atLeast("maxCallsPerMethod", maxCallsPerMethod, 0);
    Arguments.atLeast("maxCallsPerCaller", maxCallsPerCaller, 0);
    Arguments.atLeast("maxQueuedCalls", maxQueuedCalls, 0);
    maxCallsByMethod.forEach(
        (method, limit) -> Arguments.atLeast("the limit of " + method, limit, 1));
    Arguments.positive("maxQueueTime", maxQueueTime);
  }

  /** Returns a builder that starts from {@link #NONE}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxCalls = maxCalls;
    builder.maxCallsPerMethod = maxCallsPerMethod;
    builder.maxCallsByMethod = maxCallsByMethod;
    builder.maxCallsPerCaller = maxCallsPerCaller;
    builder.adaptive = adaptive;
    builder.maxQueuedCalls = maxQueuedCalls;
    builder.maxQueueTime = maxQueueTime;
    return builder;
  }

  /** Returns how many calls at once the whole server takes; empty for no limit. */
  public OptionalInt maxCalls() {
    return maxCalls == 0 ? OptionalInt.empty() : OptionalInt.of(maxCalls);
  }

  /** Returns how many calls at once each method takes; empty for no limit. */
  public OptionalInt maxCallsPerMethod() {
    return maxCallsPerMethod == 0 ? OptionalInt.empty() : OptionalInt.of(maxCallsPerMethod);
  }

  /** Returns the limits of single methods by full name, over {@link #maxCallsPerMethod}. */
  public Map<String, Integer> maxCallsByMethod() {
    return maxCallsByMethod;
  }

  /** Returns how many calls at once each caller may have; empty for no limit. */
  public OptionalInt maxCallsPerCaller() {
    return maxCallsPerCaller == 0 ? OptionalInt.empty() : OptionalInt.of(maxCallsPerCaller);
  }

  /** Returns how each unary method finds a limit by itself; empty if none does. */
  public Optional<AdaptiveLimitPolicy> adaptive() {
    return Optional.ofNullable(adaptive);
  }

  /** Returns how many calls may wait in the queue, all methods together; empty for no queue. */
  public OptionalInt maxQueuedCalls() {
    return maxQueuedCalls == 0 ? OptionalInt.empty() : OptionalInt.of(maxQueuedCalls);
  }

  /** Returns the longest wait in the queue. */
  public Duration maxQueueTime() {
    return maxQueueTime;
  }

  private List<@Nullable Object> values() {
    return Arrays.asList(
        maxCalls,
        maxCallsPerMethod,
        maxCallsByMethod,
        maxCallsPerCaller,
        adaptive,
        maxQueuedCalls,
        maxQueueTime);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConcurrencyLimits that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "maxCalls "
        + text(maxCalls)
        + ", maxCallsPerMethod "
        + text(maxCallsPerMethod)
        + (maxCallsByMethod.isEmpty() ? "" : " but " + new TreeMap<>(maxCallsByMethod))
        + ", maxCallsPerCaller "
        + text(maxCallsPerCaller)
        + (adaptive == null ? "" : ", " + adaptive)
        + (maxQueuedCalls == 0
            ? ", no queue"
            : ", maxQueuedCalls "
                + maxQueuedCalls
                + ", maxQueueTime "
                + Durations.format(maxQueueTime));
  }

  private static String text(int limit) {
    return limit == 0 ? "unlimited" : Integer.toString(limit);
  }

  /** Collects values; {@link #build} checks them. Not safe for use by several threads. */
  public static final class Builder {
    private int maxCalls;
    private int maxCallsPerMethod;
    private Map<String, Integer> maxCallsByMethod = Map.of();
    private int maxCallsPerCaller;
    private @Nullable AdaptiveLimitPolicy adaptive;
    private int maxQueuedCalls;
    private Duration maxQueueTime = Duration.ofMillis(100);

    private Builder() {}

    /** Calls at once in the whole server; 0 is no limit. */
    public Builder maxConcurrentCalls(int value) {
      maxCalls = value;
      return this;
    }

    /** Calls at once on each method; 0 is no limit. */
    public Builder maxConcurrentCallsPerMethod(int value) {
      maxCallsPerMethod = value;
      return this;
    }

    /** Calls at once on one method, e.g. {@code "shop.v1.Inventory/Reserve"}. */
    public Builder maxConcurrentCallsOf(String fullMethodName, int calls) {
      Map<String, Integer> changed = new TreeMap<>(maxCallsByMethod);
      changed.put(fullMethodName, calls);
      maxCallsByMethod = changed;
      return this;
    }

    /**
     * Calls at once from each caller: by name where it is known, else by the peer's address; 0 is
     * no limit.
     */
    public Builder maxConcurrentCallsPerCaller(int value) {
      maxCallsPerCaller = value;
      return this;
    }

    /** Lets each unary method find its own limit. */
    public Builder adaptiveLimit(AdaptiveLimitPolicy value) {
      adaptive = Objects.requireNonNull(value, "adaptiveLimit");
      return this;
    }

    /** Takes {@link #adaptiveLimit} back. */
    public Builder withoutAdaptiveLimit() {
      adaptive = null;
      return this;
    }

    /** Lets calls above a limit wait in the queue, the more important ones first. */
    public Builder queueLimit(int calls, Duration maxWait) {
      maxQueuedCalls = calls;
      maxQueueTime = Objects.requireNonNull(maxWait, "maxQueueTime");
      return this;
    }

    /** Returns the checked value. */
    public ConcurrencyLimits build() {
      return new ConcurrencyLimits(this);
    }
  }
}
