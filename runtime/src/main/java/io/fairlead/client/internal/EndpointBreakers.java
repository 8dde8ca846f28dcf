package io.fairlead.client.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.client.internal.breaker.CircuitBreaker;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.Code;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A circuit breaker for each endpoint, as a filter of the picker.
 *
 * <p>Breakers are found by the endpoint's id, so that new data of the registry, such as another
 * weight, does not forget what is known of it. An endpoint gets a breaker at its first failure;
 * healthy ones cost a look-up that finds nothing. Breakers of endpoints that have gone are removed
 * when another one is made.
 *
 * <p>Picks and ends of calls come from any thread. There is one set for all methods with equal
 * settings.
 */
final class EndpointBreakers implements EndpointFilter {
  private final CircuitBreakerPolicy policy;
  private final LongSupplier nanoTime;
  private final Function<String, CircuitBreaker.Listener> listeners;
  private final ConcurrentHashMap<String, CircuitBreaker> byId = new ConcurrentHashMap<>();

  /**
   * @param listeners makes the one who hears of the moves of an endpoint's breaker
   */
  EndpointBreakers(
      CircuitBreakerPolicy policy,
      LongSupplier nanoTime,
      Function<String, CircuitBreaker.Listener> listeners) {
    this.policy = policy;
    this.nanoTime = nanoTime;
    this.listeners = listeners;
  }

  @Override
  public boolean allows(EndpointView endpoint) {
    CircuitBreaker breaker = byId.get(endpoint.id());
    return breaker == null || breaker.admits(nanoTime.getAsLong());
  }

  @Override
  public String describe(EndpointView endpoint) {
    CircuitBreaker breaker = byId.get(endpoint.id());
    return breaker == null ? "rejected" : breaker.describe(nanoTime.getAsLong());
  }

  @Override
  public boolean onPicked(EndpointView endpoint) {
    CircuitBreaker breaker = byId.get(endpoint.id());
    // Picks that race may all have been allowed the last probe; one too many does no harm. A call
    // that names its endpoint goes there in any case.
    return breaker != null && breaker.acquire(nanoTime.getAsLong());
  }

  @Override
  public void ended(EndpointView endpoint, AttemptResult result, boolean counted) {
    if (result.tellsOfEndpoint()) {
      String why = result.status().isOk() ? "" : AttemptTracer.description(result);
      record(endpoint, result.code(), why, result.startedNanos(), result.endedNanos());
      return;
    }
    // What never left tells of the connection, which the picker watches by itself.
    CircuitBreaker breaker = counted ? byId.get(endpoint.id()) : null;
    if (breaker != null) {
      breaker.release(result.startedNanos());
    }
  }

  void record(EndpointView endpoint, Code code, String why, long startedNanos, long nowNanos) {
    String id = endpoint.id();
    CircuitBreaker breaker = byId.get(id);
    if (breaker == null) {
      if (!policy.codes().contains(code)) {
        return; // nothing to guard against yet, so an endpoint that is well costs nothing
      }
      // Endpoints come and go; a new one in trouble is the moment to forget those that went.
      byId.values().removeIf(old -> old.idle(nowNanos));
      breaker =
          byId.computeIfAbsent(
              id, key -> new CircuitBreaker(policy, startedNanos, listeners.apply(key)));
    }
    breaker.record(code, why, startedNanos, nowNanos);
  }

  void forEach(BiConsumer<String, CircuitBreaker> reader) {
    byId.forEach(reader);
  }

  /** For tests. */
  int size() {
    return byId.size();
  }
}
