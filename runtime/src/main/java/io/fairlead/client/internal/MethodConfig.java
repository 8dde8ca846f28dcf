package io.fairlead.client.internal;

import io.fairlead.client.internal.breaker.CircuitBreaker;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.internal.stream.CopyingMarshallers;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that is decided once for the calls of a method: its resolved policy, breakers, fallbacks, and
 * the stack of layers.
 *
 * <p>Immutable, apart from what it guards. A change of live policies makes a new one; calls under
 * way keep theirs. It remembers the last call options that it prepared, as a caller mostly comes
 * with the same ones again; a race between two callers costs one more preparation.
 */
final class MethodConfig {
  final MethodDescriptor<?, ?> method;
  final ResolvedPolicy policy;
  final boolean idempotent;
  final @Nullable MethodContract<?, ?> contract;

  /** Null for the channel's. */
  final @Nullable BalancerSpec balancer;

  final @Nullable CircuitBreaker breaker;
  final @Nullable EndpointBreakers endpoints;
  final @Nullable RetryPolicy retry;
  final @Nullable HedgingPolicy hedging;

  /** 0 for none. */
  final long deadlineNanos;

  /** 0 for none. */
  final long perAttemptNanos;

  final @Nullable FallbackChain fallbacks;

  /** Null if its policy keeps no responses. */
  final @Nullable ResponseCache cache;

  /** Null if its calls are not copied. */
  final CallMirror.@Nullable Copier<?, ?> copier;

  /** Null if the channel shares none. */
  final @Nullable SharedResponses shared;

  /** The layers around its calls. */
  final ClientStack stack;

  private final MethodDescriptor<?, ?> replayableMethod;
  private volatile @Nullable Prepared last;

  MethodConfig(
      MethodDescriptor<?, ?> method,
      ResolvedPolicy policy,
      boolean repeatable,
      @Nullable MethodContract<?, ?> contract,
      @Nullable CircuitBreaker breaker,
      @Nullable EndpointBreakers endpoints,
      @Nullable FallbackChain fallbacks,
      @Nullable ResponseCache cache,
      @Nullable SharedResponses shared,
      CallMirror.@Nullable Copier<?, ?> copier,
      CallEnvironment environment) {
    this.method = method;
    this.policy = policy;
    this.idempotent = repeatable;
    this.contract = contract;
    this.breaker = breaker;
    this.endpoints = endpoints;
    this.fallbacks = fallbacks;
    this.cache = cache;
    this.shared = shared;
    this.copier = copier;
    this.replayableMethod = withReplayableRequests(method);
    this.balancer = policy.balancer().orElse(null);
    FailureMode mode = policy.failureMode();
    boolean again = mode != FailureMode.FAILFAST && mode != FailureMode.BROADCAST;
    this.retry = again ? policy.retry().orElse(null) : null;
    this.hedging = again ? policy.hedging().orElse(null) : null;
    this.deadlineNanos = nanos(policy.deadline());
    // A stream may be open for as long as its call.
    this.perAttemptNanos =
        retry == null || method.getType() != MethodType.UNARY ? 0 : nanos(retry.perAttempt());
    this.stack = ClientStack.assemble(this, environment);
  }

  private static <Q, R> MethodDescriptor<Q, R> withReplayableRequests(
      MethodDescriptor<Q, R> given) {
    // A stream's answers reach the caller at once.
    boolean unary = given.getType() == MethodType.UNARY;
    MethodDescriptor<Q, R> receiving = ResponseMarshaller.receiving(given);
    return ReplayableRequest.sending(unary ? CopyingMarshallers.responses(receiving) : receiving);
  }

  /** Options whose method-wide part is done; a caller mostly comes with the same ones again. */
  private record Prepared(CallOptions input, CallOptions result) {}

  CallOptions prepare(CallOptions given) {
    Prepared seen = last;
    if (seen != null && seen.input == given) {
      return seen.result;
    }
    CallOptions done = given;
    if (given.getExecutor() == null) {
      // Not our generated code, which says that it may run on the event loop: assumed to block.
      done = done.withExecutor(stack.environment.callbacks());
    }
    if (given.getCompressor() == null && !policy.compression().equals("identity")) {
      done = done.withCompression(policy.compression());
    }
    if (given.getMaxOutboundMessageSize() == null) {
      done = done.withMaxOutboundMessageSize(policy.maxRequestBytes());
    }
    if (given.getMaxInboundMessageSize() == null) {
      done = done.withMaxInboundMessageSize(policy.maxResponseBytes());
    }
    if (policy.waitForReady() && !given.isWaitForReady()) {
      done = done.withWaitForReady();
    }
    done = done.withStreamTracerFactory(AttemptTracerFactory.INSTANCE);
    last = new Prepared(given, done);
    return done;
  }

  /**
   * This config's method, with requests that can be sent twice, and answers that can be kept until
   * they are known to be the caller's.
   */
  @SuppressWarnings("unchecked") // made of the one method that this config is for
  <Q, R> MethodDescriptor<Q, R> replayable(MethodDescriptor<Q, R> sameMethod) {
    return (MethodDescriptor<Q, R>) replayableMethod;
  }

  private static long nanos(Optional<Duration> duration) {
    return duration.isPresent() ? duration.get().toNanos() : 0;
  }

  @Override
  public String toString() {
    return method.getFullMethodName() + " {" + policy + "}";
  }
}
