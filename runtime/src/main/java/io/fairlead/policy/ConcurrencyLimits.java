package io.fairlead.policy;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many calls a server takes at once. What is above a limit waits in the queue, if there is one,
 * or is answered RESOURCE_EXHAUSTED with a hint when to try again. The server's services about
 * itself are never limited.
 *
 * @param maxCalls calls at once in the whole server; 0 is no limit
 * @param maxCallsPerMethod calls at once on each method; 0 is no limit
 * @param maxCallsByMethod limits of single methods by full name, over {@code maxCallsPerMethod}
 * @param maxCallsPerCaller calls at once from each caller; 0 is no limit
 * @param adaptive finds a limit for each unary method by itself; null is off
 * @param maxQueuedCalls calls that may wait in the queue, all methods together; 0 is no queue
 * @param maxQueueTime the longest wait in the queue
 */
public record ConcurrencyLimits(
    int maxCalls,
    int maxCallsPerMethod,
    Map<String, Integer> maxCallsByMethod,
    int maxCallsPerCaller,
    @Nullable AdaptiveLimitPolicy adaptive,
    int maxQueuedCalls,
    Duration maxQueueTime) {

  /** Nothing limited. */
  public static final ConcurrencyLimits NONE =
      new ConcurrencyLimits(0, 0, Map.of(), 0, null, 0, Duration.ofMillis(100));

  public ConcurrencyLimits {
    maxCallsByMethod = Map.copyOf(maxCallsByMethod);
    Objects.requireNonNull(maxQueueTime, "maxQueueTime");
    notNegative("maxCalls", maxCalls);
    notNegative("maxCallsPerMethod", maxCallsPerMethod);
    notNegative("maxCallsPerCaller", maxCallsPerCaller);
    notNegative("maxQueuedCalls", maxQueuedCalls);
    maxCallsByMethod.forEach(
        (method, limit) -> {
          if (limit < 1) {
            throw new IllegalArgumentException(
                "the limit of " + method + " is " + limit + "; use 1 or more");
          }
        });
    if (maxQueueTime.isNegative() || maxQueueTime.isZero()) {
      throw new IllegalArgumentException(
          "maxQueueTime is " + Durations.format(maxQueueTime) + "; use a positive duration");
    }
  }

  private static void notNegative(String field, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "the limit \"" + field + "\" is " + value + "; use 1 or more, or 0 for none");
    }
  }

  /** Calls at once in the whole server. */
  public ConcurrencyLimits maxConcurrentCalls(int calls) {
    return new ConcurrencyLimits(
        calls,
        maxCallsPerMethod,
        maxCallsByMethod,
        maxCallsPerCaller,
        adaptive,
        maxQueuedCalls,
        maxQueueTime);
  }

  /** Calls at once on each method. */
  public ConcurrencyLimits maxConcurrentCallsPerMethod(int calls) {
    return new ConcurrencyLimits(
        maxCalls,
        calls,
        maxCallsByMethod,
        maxCallsPerCaller,
        adaptive,
        maxQueuedCalls,
        maxQueueTime);
  }

  /** Calls at once on one method, e.g. {@code "shop.v1.Inventory/Reserve"}. */
  public ConcurrencyLimits maxConcurrentCallsOf(String fullMethodName, int calls) {
    Map<String, Integer> changed = new TreeMap<>(maxCallsByMethod);
    changed.put(fullMethodName, calls);
    return new ConcurrencyLimits(
        maxCalls,
        maxCallsPerMethod,
        changed,
        maxCallsPerCaller,
        adaptive,
        maxQueuedCalls,
        maxQueueTime);
  }

  /** Calls at once from each caller: by name where it is known, else by the peer's address. */
  public ConcurrencyLimits maxConcurrentCallsPerCaller(int calls) {
    return new ConcurrencyLimits(
        maxCalls,
        maxCallsPerMethod,
        maxCallsByMethod,
        calls,
        adaptive,
        maxQueuedCalls,
        maxQueueTime);
  }

  /** Lets each unary method find its own limit. */
  public ConcurrencyLimits adaptiveLimit(AdaptiveLimitPolicy policy) {
    return new ConcurrencyLimits(
        maxCalls,
        maxCallsPerMethod,
        maxCallsByMethod,
        maxCallsPerCaller,
        policy,
        maxQueuedCalls,
        maxQueueTime);
  }

  /** Lets calls above a limit wait in the queue, the more important ones first. */
  public ConcurrencyLimits queueLimit(int calls, Duration maxWait) {
    return new ConcurrencyLimits(
        maxCalls, maxCallsPerMethod, maxCallsByMethod, maxCallsPerCaller, adaptive, calls, maxWait);
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
}
