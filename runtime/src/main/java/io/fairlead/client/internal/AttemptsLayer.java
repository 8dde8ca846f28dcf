package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.observe.AttemptOutcome.Kind;
import io.fairlead.policy.FailureMode;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * The innermost layer: makes the calls of a method, and what their attempts are made of.
 *
 * <p>Which kind of call it makes follows from the method and its policy: a stream, a broadcast,
 * hedged or retried attempts. It also pays into the retry budget for each call that begins. Holds
 * no state of a call.
 */
final class AttemptsLayer extends ClientLayer {
  private final MethodConfig config;
  private final CallEnvironment environment;
  final RetryStrategy retries;

  AttemptsLayer(MethodConfig config, CallEnvironment environment) {
    this.config = config;
    this.environment = environment;
    this.retries = RetryStrategy.of(config);
  }

  @Override
  void begin(LayeredCall call) {
    environment.budget().deposit(call.startedNanos());
    call.beginAttempts();
  }

  <Q, R> ClientCall<Q, R> newCall(
      ClientStack stack, MethodDescriptor<Q, R> method, CallOptions options, long startedNanos) {
    if (method.getType() != MethodType.UNARY) {
      return new StreamingCall<>(stack, method, options, startedNanos);
    }
    if (config.policy.failureMode() == FailureMode.BROADCAST) {
      return new BroadcastCall<>(stack, method, options, startedNanos);
    }
    if (config.hedging != null) {
      return new AttemptEngine<>(
          stack, new HedgingStrategy(config.hedging), true, method, options, startedNanos);
    }
    return new AttemptEngine<>(stack, retries, false, method, options, startedNanos);
  }

  /**
   * Returns the first attempt of a call, to the instance or on the route that its settings name.
   *
   * @param request that the contract may take the hash key of; null if it is not known yet
   */
  AttemptTracer first(CallOptions options, @Nullable Object request, long startedNanos) {
    return attempt(firstPick(options, request), null, Kind.FIRST, startedNanos);
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

  LoadBalancingContext firstPick(CallOptions options, @Nullable Object request) {
    LoadBalancingContext pick =
        LoadBalancingContext.first(config.balancer, config.endpointFilter());
    CallSettings ofCall = CallSettings.of(options);
    Object key = ofCall == null ? null : ofCall.hashKey();
    if (key == null && request != null) {
      key = config.hashKey(request);
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
