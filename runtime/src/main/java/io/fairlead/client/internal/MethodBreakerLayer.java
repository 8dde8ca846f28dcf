package io.fairlead.client.internal;

import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.CircuitBreaker;
import io.fairlead.policy.Code;
import io.grpc.Status;

/** Refuses calls of a method that fails too often. */
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
      super.begin(call);
    } else {
      refuse(
          call,
          Status.UNAVAILABLE.withDescription(
              "the circuit breaker of " + method + " is " + breaker.describe(now)));
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
    } else {
      // No endpoint has seen it, or nobody waited for its answer.
      breaker.release(call.startedNanos());
    }
    passUp(call, end);
  }

  @Override
  public String toString() {
    return "method breaker";
  }
}
