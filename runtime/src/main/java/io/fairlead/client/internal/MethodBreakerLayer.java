package io.fairlead.client.internal;

import io.fairlead.client.internal.breaker.CircuitBreaker;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.Code;
import io.grpc.Status;

/**
 * Refuses calls of a method that fails too often, and tells the breaker how calls ended.
 *
 * <p>It stands above the attempts, so it counts calls as their callers see them: a call that a
 * retry saved is a success. A call that its caller cancelled does not count. The breaker belongs to
 * {@link CircuitBreakers} and outlives this layer.
 */
final class MethodBreakerLayer extends ClientLayer {
  private final String method;
  private final CircuitBreaker breaker;
  private final CallEnvironment environment;

  MethodBreakerLayer(String method, CircuitBreaker breaker, CallEnvironment environment) {
    this.method = method;
    this.breaker = breaker;
    this.environment = environment;
  }

  @Override
  void begin(LayeredCall call) {
    long now = call.startedNanos();
    if (breaker.acquire(now)) {
      try {
        super.begin(call);
      } catch (RuntimeException | Error e) {
        // As of a hash key that cannot be taken. No end comes, so a probe is given back here.
        breaker.release(now);
        throw e;
      }
    } else {
      Status status =
          Status.UNAVAILABLE.withDescription(
              "the circuit breaker of " + method + " is " + breaker.describe(now));
      refuse(call, CallEnd.refused(status, true));
    }
  }

  @Override
  void ended(LayeredCall call, CallEnd end) {
    AttemptTracer decisive = end.decisive();
    AttemptResult result = decisive == null ? null : decisive.result();
    if (result != null && result.tellsOfEndpoint() && !end.callerLeft()) {
      breaker.record(
          Code.of(end.status().getCode().value()),
          result.status().isOk() ? "" : AttemptTracer.description(result),
          call.startedNanos(),
          environment.now());
    } else if (end.last() != null) {
      // No endpoint has seen it, or nobody waited for its answer. A call without an attempt was
      // cancelled before it asked this breaker, which has nothing of it to take back.
      breaker.release(call.startedNanos());
    }
    passUp(call, end);
  }

  @Override
  public String toString() {
    return "method breaker";
  }
}
