package io.fairlead.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import io.fairlead.RpcException;
import io.fairlead.balance.internal.LoadBalancingContext;
import io.fairlead.observe.StatusOrigin;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What all unary calls have in common: the request is collected first, then attempts are made of
 * it, and at the end the caller gets one answer.
 */
abstract class AbstractUnaryCall<Q, R> extends ClientCall<Q, R>
    implements UnaryAttempt.Callback<Q, R> {
  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<AbstractUnaryCall> REQUESTED =
      AtomicIntegerFieldUpdater.newUpdater(AbstractUnaryCall.class, "requested");

  final ClientCallFactory factory;
  final MethodConfig config;
  final CallOptions options;
  final Context context = Context.current();
  final long startedNanos;
  private final MethodDescriptor<Q, R> method;
  private volatile int requested;
  private @Nullable Listener<R> listener;
  private @Nullable Metadata headers;
  private @Nullable Q request;
  private boolean uncompressed;
  private boolean admitted;

  AbstractUnaryCall(
      ClientCallFactory factory,
      MethodConfig config,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    this.factory = factory;
    this.config = config;
    this.method = config.replayable(method);
    this.options = options;
    this.startedNanos = startedNanos;
  }

  /** Passes a late wish for messages on to the attempts under way. */
  abstract void requestMore(int numMessages);

  @Override
  public final void start(Listener<R> responseListener, Metadata requestHeaders) {
    if (listener != null) {
      throw new IllegalStateException(method.getFullMethodName() + ": start() was called twice");
    }
    listener = responseListener;
    headers = requestHeaders;
  }

  @Override
  public final void request(int numMessages) {
    // Counted before it is passed on: an attempt that starts meanwhile may be asked for too many
    // messages, which does no harm, but never for too few.
    REQUESTED.addAndGet(this, numMessages);
    requestMore(numMessages);
  }

  @Override
  public final void sendMessage(Q message) {
    if (request != null) {
      throw new IllegalStateException(
          method.getFullMethodName() + " is unary: a second message cannot be sent");
    }
    request = MethodConfig.replayable(method, message, options);
  }

  @Override
  public final void setMessageCompression(boolean enabled) {
    uncompressed = !enabled;
  }

  final LoadBalancingContext firstPick() {
    return factory.firstPick(config, options, request);
  }

  /** Why the call may not be made at all, or null. */
  final @Nullable Status tryAdmit() {
    Status tooLarge = request == null ? null : MessageSizeLimit.check(request, options);
    if (tooLarge != null) {
      return tooLarge;
    }
    Status refused = factory.tryAdmit(config, startedNanos);
    admitted = refused == null;
    return refused;
  }

  final UnaryAttempt<Q, R> newAttempt(AttemptTracer tracer) {
    return newAttempt(tracer, options);
  }

  final UnaryAttempt<Q, R> newAttempt(AttemptTracer tracer, CallOptions base) {
    CallOptions own = base.withOption(LoadBalancingContext.KEY, tracer.pick);
    if (config.perAttemptNanos > 0) {
      own = Deadlines.atMost(own, config.perAttemptNanos);
      if (config.perAttemptNanos < leftNanos()) {
        tracer.limitNanos(config.perAttemptNanos);
      }
    }
    return new UnaryAttempt<>(this, tracer, factory.transport().newCall(method, own));
  }

  final void send(UnaryAttempt<Q, R> attempt, int repeats) {
    attempt.send(RetryState.headers(headers, repeats), request, requested, uncompressed);
  }

  final long leftNanos() {
    return Deadlines.leftNanos(options, context);
  }

  final void onCallExecutor(Runnable task) {
    Cancellations.on(options, task);
  }

  /** Gives the caller its one answer; called once. */
  final void conclude(
      @Nullable UnaryAttempt<Q, R> attempt,
      Status status,
      Metadata trailers,
      String ending,
      boolean cancelled) {
    conclude(attempt, attempt == null ? null : attempt.tracer, status, trailers, ending, cancelled);
  }

  /**
   * The same, where the answer is not that of the last attempt.
   *
   * @param last the attempt that all others can be reached from
   */
  final void conclude(
      @Nullable UnaryAttempt<Q, R> attempt,
      @Nullable AttemptTracer last,
      Status status,
      Metadata trailers,
      String ending,
      boolean cancelled) {
    Listener<R> to = listener;
    // A breaker hears nothing of a call that it did not let through, or whose caller left.
    if (admitted && !cancelled) {
      factory.callEnded(config, startedNanos, status);
    }
    if (to == null) {
      return; // cancelled before start(), so nobody listens
    }
    AttemptTracer decisive = attempt == null ? null : attempt.tracer;
    Status told =
        factory.reports().callEnded(config, startedNanos, decisive, last, status, trailers, ending);
    if (config.fallbacks != null && !cancelled && request != null) {
      applyFallback(config.fallbacks, request, attempt, to, told, trailers);
    } else {
      deliver(attempt, to, told, trailers);
    }
  }

  @SuppressWarnings("unchecked") // the plan's rescues are for the one method of this call
  private void applyFallback(
      FallbackChain fallbacks,
      Q asked,
      @Nullable UnaryAttempt<Q, R> attempt,
      Listener<R> to,
      Status status,
      Metadata trailers) {
    if (status.isOk()) {
      fallbacks.rememberResponse(asked, attempt == null ? null : attempt.message());
      deliver(attempt, to, status, trailers);
      return;
    }
    Runnable answer =
        () -> {
          RpcException failure =
              RpcException.of(method.getFullMethodName(), status, trailers, StatusOrigin.LOCAL);
          FallbackChain.Outcome outcome = fallbacks.resolve(asked, failure);
          if (outcome instanceof FallbackChain.Served instead) {
            factory.reports().fallbackServed(trailers, instead.kind());
            to.onHeaders(new Metadata());
            to.onMessage((R) instead.response());
            to.onClose(Status.OK, new Metadata());
          } else if (outcome instanceof FallbackChain.None none) {
            Status told = factory.reports().fallbackFailed(status, trailers, none.reason());
            deliver(attempt, to, told, trailers);
          }
        };
    // This runs on the call's executor, where a blocking stub waits; only an event loop is left.
    if (fallbacks.mayBlock() && options.getExecutor() == MoreExecutors.directExecutor()) {
      factory.callbacks().execute(answer);
    } else {
      answer.run();
    }
  }

  private static <Q, R> void deliver(
      @Nullable UnaryAttempt<Q, R> attempt, Listener<R> to, Status status, Metadata trailers) {
    if (attempt == null) {
      to.onClose(status, trailers);
    } else {
      attempt.deliver(to, status, trailers);
    }
  }

  @Override
  public String toString() {
    return getClass().getSimpleName() + "[" + method.getFullMethodName() + " on " + factory + "]";
  }
}
