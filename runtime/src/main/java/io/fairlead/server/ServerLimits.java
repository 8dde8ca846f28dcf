package io.fairlead.server;

import io.fairlead.internal.Durations;
import io.fairlead.policy.AdaptiveLimitPolicy;
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
 * @param server calls at once in the whole server; 0 is no limit
 * @param eachMethod calls at once on each method; 0 is no limit
 * @param methods limits of single methods by full name, over {@code eachMethod}
 * @param eachCaller calls at once from each caller; 0 is no limit
 * @param adaptive finds a limit for each unary method by itself; null is off
 * @param queue calls that may wait for their turn, all methods together; 0 is no queue
 * @param maxWait the longest wait in the queue
 */
public record ServerLimits(
    int server,
    int eachMethod,
    Map<String, Integer> methods,
    int eachCaller,
    @Nullable AdaptiveLimitPolicy adaptive,
    int queue,
    Duration maxWait) {

  /** Nothing limited. */
  public static final ServerLimits NONE =
      new ServerLimits(0, 0, Map.of(), 0, null, 0, Duration.ofMillis(100));

  public ServerLimits {
    methods = Map.copyOf(methods);
    Objects.requireNonNull(maxWait, "maxWait");
    notNegative("server", server);
    notNegative("eachMethod", eachMethod);
    notNegative("eachCaller", eachCaller);
    notNegative("queue", queue);
    methods.forEach(
        (method, limit) -> {
          if (limit < 1) {
            throw new IllegalArgumentException(
                "the limit of " + method + " is " + limit + "; use 1 or more");
          }
        });
    if (maxWait.isNegative() || maxWait.isZero()) {
      throw new IllegalArgumentException(
          "maxWait is " + Durations.format(maxWait) + "; use a positive duration");
    }
  }

  private static void notNegative(String field, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "the limit \"" + field + "\" is " + value + "; use 1 or more, or 0 for none");
    }
  }

  /** Calls at once in the whole server. */
  public ServerLimits withServer(int calls) {
    return new ServerLimits(calls, eachMethod, methods, eachCaller, adaptive, queue, maxWait);
  }

  /** Calls at once on each method. */
  public ServerLimits withEachMethod(int calls) {
    return new ServerLimits(server, calls, methods, eachCaller, adaptive, queue, maxWait);
  }

  /** Calls at once on one method, e.g. {@code "shop.v1.Inventory/Reserve"}. */
  public ServerLimits withMethod(String fullMethodName, int calls) {
    Map<String, Integer> changed = new TreeMap<>(methods);
    changed.put(fullMethodName, calls);
    return new ServerLimits(server, eachMethod, changed, eachCaller, adaptive, queue, maxWait);
  }

  /** Calls at once from each caller: by name where it is known, else by the peer's address. */
  public ServerLimits withEachCaller(int calls) {
    return new ServerLimits(server, eachMethod, methods, calls, adaptive, queue, maxWait);
  }

  /** Lets each unary method find its own limit. */
  public ServerLimits withAdaptive(AdaptiveLimitPolicy policy) {
    return new ServerLimits(server, eachMethod, methods, eachCaller, policy, queue, maxWait);
  }

  /** Lets calls above a limit wait for their turn, the more important ones first. */
  public ServerLimits withQueue(int calls, Duration longestWait) {
    return new ServerLimits(server, eachMethod, methods, eachCaller, adaptive, calls, longestWait);
  }

  @Override
  public String toString() {
    return "server "
        + text(server)
        + ", each method "
        + text(eachMethod)
        + (methods.isEmpty() ? "" : " but " + new TreeMap<>(methods))
        + ", each caller "
        + text(eachCaller)
        + (adaptive == null ? "" : ", " + adaptive)
        + (queue == 0 ? ", no queue" : ", queue " + queue + " for " + Durations.format(maxWait));
  }

  private static String text(int limit) {
    return limit == 0 ? "unlimited" : Integer.toString(limit);
  }
}
