package io.fairlead.client.internal;

import io.fairlead.client.internal.breaker.CircuitBreaker;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.CircuitBreakerStatus.Scope;
import io.fairlead.policy.CircuitBreakerPolicy;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All circuit breakers of a channel.
 *
 * <p>A method, and the set of endpoints, keep theirs for as long as the settings stay equal, also
 * when a live policy goes and comes back. The maps are bounded, as settings may be made up anew for
 * each call. Safe for use by many threads; calls find their breaker through {@link MethodConfig}
 * and not here.
 */
final class CircuitBreakers {
  private static final System.Logger LOG = System.getLogger(CircuitBreaker.class.getName());
  private static final int MAX_KEPT = 1_000;

  private record MethodKey(String method, CircuitBreakerPolicy policy) {
    @Override
    public int hashCode() {
      return method.hashCode(); // few settings for one method; the generated one slows a start
    }
  }

  /**
   * Forgets what was not looked up for longest. Guava's caches would load 50 classes at a start.
   */
  private static final class RecentlyUsed<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1;

    private RecentlyUsed() {
      super(4, 0.75f, true);
    }

    /** Returns an empty map with a lock of its own. */
    static <K, V> Map<K, V> map() {
      return Collections.synchronizedMap(new RecentlyUsed<>());
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > MAX_KEPT;
    }
  }

  private final LongSupplier nanoTime;
  private final CallObservers callObservers;
  private final Map<MethodKey, CircuitBreaker> methods = RecentlyUsed.map();
  private final Map<CircuitBreakerPolicy, EndpointBreakers> endpoints = RecentlyUsed.map();

  CircuitBreakers(LongSupplier nanoTime, CallObservers callObservers) {
    this.nanoTime = nanoTime;
    this.callObservers = callObservers;
  }

  /** The breaker of a method, or null for none. */
  @Nullable CircuitBreaker forMethod(String method, CircuitBreakerPolicy policy) {
    return policy.enabled()
        ? methods.computeIfAbsent(
            new MethodKey(method, policy),
            key -> new CircuitBreaker(policy, nanoTime.getAsLong(), listener(Scope.METHOD, method)))
        : null;
  }

  /** The breakers of the endpoints, one set for all methods with these settings; null for none. */
  @Nullable EndpointBreakers forEndpoints(CircuitBreakerPolicy policy) {
    return policy.enabled()
        ? endpoints.computeIfAbsent(
            policy,
            key -> new EndpointBreakers(policy, nanoTime, id -> listener(Scope.ENDPOINT, id)))
        : null;
  }

  private CircuitBreaker.Listener listener(Scope scope, String name) {
    return (to, why) -> {
      CircuitBreakerStatus moved = new CircuitBreakerStatus(scope, name, to, why);
      LOG.log(to == CircuitBreakerStatus.Phase.OPEN ? Level.WARNING : Level.INFO, "{0}", moved);
      callObservers.circuitBreakerChanged(moved);
    };
  }

  /** Closes those with this name; returns whether there was any. */
  boolean reset(Scope scope, String name, String why) {
    long now = nanoTime.getAsLong();
    List<CircuitBreaker> named = new ArrayList<>();
    if (scope == Scope.METHOD) {
      methods.forEach((key, breaker) -> addIf(key.method().equals(name), breaker, named));
    } else {
      endpoints
          .values()
          .forEach(set -> set.forEach((id, breaker) -> addIf(id.equals(name), breaker, named)));
    }
    named.forEach(breaker -> breaker.reset(now, why));
    return !named.isEmpty();
  }

  private static void addIf(boolean wanted, CircuitBreaker breaker, List<CircuitBreaker> to) {
    if (wanted) {
      to.add(breaker);
    }
  }

  /** Where they stand now: methods by name, then the endpoints that had failures, by id. */
  List<CircuitBreakerStatus> statuses() {
    long now = nanoTime.getAsLong();
    List<CircuitBreakerStatus> all = new ArrayList<>();
    methods.forEach((key, breaker) -> all.add(status(Scope.METHOD, key.method(), breaker, now)));
    endpoints
        .values()
        .forEach(
            set -> set.forEach((id, breaker) -> all.add(status(Scope.ENDPOINT, id, breaker, now))));
    all.sort(
        Comparator.comparing(CircuitBreakerStatus::scope)
            .thenComparing(CircuitBreakerStatus::name));
    return all;
  }

  private static CircuitBreakerStatus status(
      Scope scope, String name, CircuitBreaker breaker, long now) {
    return new CircuitBreakerStatus(scope, name, breaker.phase(now), breaker.describe(now));
  }
}
