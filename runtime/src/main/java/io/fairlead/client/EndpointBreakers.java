package io.fairlead.client;

import com.google.common.collect.MapMaker;
import io.fairlead.balance.EndpointGate;
import io.fairlead.balance.EndpointView;
import io.fairlead.policy.BreakerPolicy;
import io.fairlead.policy.CircuitBreaker;
import io.fairlead.policy.Code;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/** A circuit breaker for each endpoint, as a gate of the picker. */
final class EndpointBreakers implements EndpointGate {
  private final BreakerPolicy policy;
  private final LongSupplier nanoTime;

  // Weak keys, compared by identity: a breaker goes with its endpoint.
  private final ConcurrentMap<EndpointView, CircuitBreaker> byEndpoint =
      new MapMaker().weakKeys().makeMap();

  EndpointBreakers(BreakerPolicy policy, LongSupplier nanoTime) {
    this.policy = policy;
    this.nanoTime = nanoTime;
  }

  @Override
  public boolean allows(EndpointView endpoint) {
    CircuitBreaker breaker = byEndpoint.get(endpoint);
    return breaker == null || breaker.admits(nanoTime.getAsLong());
  }

  @Override
  public void chosen(EndpointView endpoint) {
    CircuitBreaker breaker = byEndpoint.get(endpoint);
    if (breaker != null) {
      breaker.acquire(nanoTime.getAsLong());
    }
  }

  /** An attempt at the endpoint has ended. */
  void record(EndpointView endpoint, Code code, long startedNanos, long nowNanos) {
    CircuitBreaker breaker = byEndpoint.get(endpoint);
    if (breaker == null) {
      if (!policy.codes().contains(code)) {
        return; // nothing to guard against yet, so an endpoint that is well costs nothing
      }
      breaker =
          byEndpoint.computeIfAbsent(endpoint, view -> new CircuitBreaker(policy, startedNanos));
    }
    breaker.record(code, startedNanos, nowNanos);
  }
}
