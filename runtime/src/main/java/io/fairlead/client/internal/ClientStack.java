package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.policy.CallMirror;
import io.fairlead.policy.FailureMode;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * The layers around the calls of one method, and what its calls share.
 *
 * <p>Layers are assembled once for a method and hold no state of a call. A call walks down when it
 * begins, and its end walks up. {@link #assemble} has the order, with the reason for each place.
 */
final class ClientStack {
  final MethodConfig config;
  final CallEnvironment environment;
  final AttemptsLayer attempts;

  /** A call whose request is complete, or that needs none to begin, begins here. */
  final ClientLayer outermost;

  private ClientStack(
      MethodConfig config, CallEnvironment environment, AttemptsLayer attempts, ClientLayer top) {
    this.config = config;
    this.environment = environment;
    this.attempts = attempts;
    this.outermost = top;
  }

  /** Assembles the layers of a method, from the caller to the connections. */
  static ClientStack assemble(MethodConfig config, CallEnvironment environment) {
    String method = config.method.getFullMethodName();
    AttemptsLayer attempts = new AttemptsLayer(config, environment);
    // Outermost: whatever ends a call, its caller hears of one end.
    ClientLayer top = new DeliveryLayer();
    ClientLayer lowest = top;
    // Above the observers: they hear of the failure that a fallback hides from the caller.
    if (config.fallbacks != null && config.method.getType() == MethodType.UNARY) {
      lowest = lowest.above(new FallbackLayer(method, config.fallbacks, environment));
    }
    // Above all that refuses calls: a refused call is one that failed.
    lowest = lowest.above(new ObserveLayer(config, environment.reporter()));
    // Below the observers, who hear of what it answers; above all that a response from it needs
    // not.
    if (config.cache != null) {
      lowest = lowest.above(new CacheLayer(config.method, config.cache, config.shared));
    }
    // Below the cache: a response from it is no server's answer. Above what may refuse a call.
    if (config.copier != null) {
      lowest = lowest.above(mirror(config.method, config.copier));
    }
    // Over all attempts and their backoffs, so above them.
    if (config.deadlineNanos > 0) {
      lowest = lowest.above(new DeadlineLayer(config.deadlineNanos, environment.deadlineTicker()));
    }
    // Above the breaker: a request that is too large says nothing about the method.
    lowest = lowest.above(new MessageSizeLayer());
    // Above the attempts: it counts calls as their callers see them, and spends no budget.
    if (config.breaker != null) {
      lowest = lowest.above(new MethodBreakerLayer(method, config.breaker, environment));
    }
    // Innermost: attempts, each through the application's interceptors to the balancer.
    lowest.above(attempts);
    return new ClientStack(config, environment, attempts, top);
  }

  @SuppressWarnings("unchecked") // made for this very method
  private static <Q, R> ClientLayer mirror(
      MethodDescriptor<Q, R> method, CallMirror.Copier<?, ?> copier) {
    return new MirrorLayer<>(method, (CallMirror.Copier<Q, R>) copier);
  }

  /**
   * Makes a call, which walks down the layers when it begins. Its kind follows from the method and
   * its policy.
   */
  <Q, R> ClientCall<Q, R> newCall(
      MethodDescriptor<Q, R> given,
      CallOptions callOptions,
      @Nullable CallSettings settings,
      long startedNanos) {
    MethodDescriptor<Q, R> method = config.replayable(given);
    CallOptions options = config.prepare(callOptions);
    Deadline deadline = outermost.deadline(options, settings);
    if (method.getType() != MethodType.UNARY) {
      return new StreamingCall<>(this, method, options, deadline, startedNanos);
    }
    if (config.cache != null) {
      return new CacheableCall<>(this, method, options, deadline, startedNanos);
    }
    return config.policy.failureMode() == FailureMode.BROADCAST
        ? new BroadcastCall<>(this, method, options, deadline, startedNanos)
        : new UnaryCall<>(this, method, options, deadline, startedNanos);
  }

  /** Ends a call whose attempts are over, or which was cancelled before it began. */
  void ended(LayeredCall call, CallEnd end) {
    attempts.passUp(call, end);
  }

  /** Returns the layers, outermost first, without the transport that all methods share. */
  String describeLayers() {
    return outermost.describe();
  }

  @Override
  public String toString() {
    return describeLayers() + " -> " + environment.transport();
  }
}
