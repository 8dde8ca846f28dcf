package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.balance.internal.EndpointFilter;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.balance.internal.PickRequest;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.RoutePolicy;
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

  /** What a call asks of the balancer that asks for nothing of its own. */
  private final PickRequest usual;

  /** Divides calls that ask for no endpoints; null if all endpoints are alike. */
  private final @Nullable CallRoute route;

  /** Decides what follows a failed attempt. */
  final AttemptStrategy strategy;

  AttemptsLayer(MethodConfig config, CallEnvironment environment) {
    this.config = config;
    this.environment = environment;
    this.usual =
        PickRequest.of(
            config.balancer,
            config.endpoints == null ? EndpointFilter.ALLOW_ALL : config.endpoints);
    // A broadcast is for all endpoints.
    RoutePolicy divided =
        config.policy.failureMode() == FailureMode.BROADCAST
            ? null
            : config.policy.route().orElse(null);
    this.route = divided == null ? null : new CallRoute(divided, environment.random());
    this.strategy =
        config.hedging == null || config.method.getType() != MethodType.UNARY
            ? RetryStrategy.of(config)
            : new HedgingStrategy(config.hedging);
  }

  /** Begins the first attempt of a call, to the endpoint or on the route that its settings name. */
  @Override
  void begin(LayeredCall call) {
    environment.budget().deposit(call.startedNanos());
    LoadBalancingContext pick = LoadBalancingContext.first(pickRequest(call));
    call.beginAttempts(attempt(pick, null, Kind.FIRST, call.startedNanos()));
  }

  /** Returns the attempt that follows a failed one. */
  AttemptTracer after(AttemptTracer before, Kind kind, long startedNanos) {
    LoadBalancingContext next = before.pick.next();
    // What has failed on one side of a route may succeed on the other.
    next.request(next.request().withoutRoute());
    return attempt(next, before, kind, startedNanos);
  }

  AttemptTracer attempt(
      LoadBalancingContext pick, @Nullable AttemptTracer before, Kind kind, long startedNanos) {
    return new AttemptTracer(
        pick,
        before,
        kind,
        config.method.getType().serverSendsOneMessage(),
        environment.nanoTime(),
        startedNanos);
  }

  /** Returns what a call asks of the balancer, as its settings and its contract say. */
  private PickRequest pickRequest(LayeredCall call) {
    PickRequest request = usual;
    CallSettings ofCall = CallSettings.of(call.options());
    Object message = call.request();
    Object key = ofCall == null ? null : ofCall.hashKey();
    if (key == null && message != null && config.contract != null) {
      key = hashKey(config.contract, message);
    }
    if (key != null) {
      request = request.withKey(key);
    }
    if (ofCall != null && ofCall.endpoint() != null) {
      request = request.withEndpoint(ofCall.endpoint());
    }
    if (ofCall != null && ofCall.endpointSelector() != null) {
      return request.withEndpointSelector(ofCall.endpointSelector());
    }
    return route == null ? request : route.of(request);
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
