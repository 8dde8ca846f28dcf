package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.FailureMode;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * The innermost layer: makes what the attempts of a call are made of, and begins the first one.
 *
 * <p>It also pays into the retry budget for each call that begins. Holds no state of a call.
 */
final class AttemptsLayer extends ClientLayer {
  private final MethodConfig config;
  private final CallEnvironment environment;
  private final EndpointFilter filter;

  /** Decides what follows a failed attempt. */
  final AttemptStrategy strategy;

  AttemptsLayer(MethodConfig config, CallEnvironment environment) {
    this.config = config;
    this.environment = environment;
    this.filter = config.endpoints == null ? EndpointFilter.ALLOW_ALL : config.endpoints;
    this.strategy =
        config.hedging == null || config.method.getType() != MethodType.UNARY
            ? RetryStrategy.of(config)
            : new HedgingStrategy(config.hedging);
  }

  /** Begins the first attempt of a call, to the endpoint or on the route that its settings name. */
  @Override
  void begin(LayeredCall call) {
    environment.budget().deposit(call.startedNanos());
    LoadBalancingContext pick = firstPick(call.options(), call.request());
    call.beginAttempts(attempt(pick, null, Kind.FIRST, call.startedNanos()));
  }

  /** Returns the attempt that follows a failed one. */
  AttemptTracer after(AttemptTracer before, Kind kind, long startedNanos) {
    return attempt(before.pick.next(), before, kind, startedNanos);
  }

  AttemptTracer attempt(
      LoadBalancingContext pick, @Nullable AttemptTracer before, Kind kind, long startedNanos) {
    return new AttemptTracer(
        pick,
        before,
        kind,
        config.endpoints,
        config.method.getType().serverSendsOneMessage(),
        environment.nanoTime(),
        startedNanos);
  }

  /**
   * @param request that the contract may take the hash key of; null if it is not known yet
   */
  LoadBalancingContext firstPick(CallOptions options, @Nullable Object request) {
    LoadBalancingContext pick = LoadBalancingContext.first(config.balancer, filter);
    CallSettings ofCall = CallSettings.of(options);
    Object key = ofCall == null ? null : ofCall.hashKey();
    if (key == null && request != null && config.contract != null) {
      key = hashKey(config.contract, request);
    }
    if (key != null) {
      pick.withKey(key);
    }
    if (ofCall != null && ofCall.endpoint() != null) {
      pick.withEndpoint(ofCall.endpoint());
    }
    if (ofCall != null && ofCall.endpointSelector() != null) {
      pick.withEndpointSelector(ofCall.endpointSelector());
    }
    return pick;
  }

  /** Returns what the contract says to hash of a request; null for nothing. */
  @SuppressWarnings("unchecked") // the contract of this very method, so of its request
  private static <Q> @Nullable Object hashKey(MethodContract<Q, ?> contract, Object request) {
    if (!contract.hasHashKey()) {
      return null;
    }
    // Of a caller that passes the contract's messages on as bytes.
    return contract.hashKey(
        request instanceof ReplayableRequest bytes
            ? contract.descriptor().parseRequest(bytes.open())
            : (Q) request);
  }

  @Override
  public String toString() {
    if (config.method.getType() != MethodType.UNARY) {
      return "attempts of a stream";
    }
    if (config.policy.failureMode() == FailureMode.BROADCAST) {
      return "attempts at all endpoints";
    }
    return config.hedging != null ? "hedged attempts" : "attempts";
  }
}
