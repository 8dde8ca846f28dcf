package io.fairlead.client;

import com.google.common.util.concurrent.MoreExecutors;
import io.fairlead.RpcException;
import io.fairlead.balance.internal.LoadBalancingContext;
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
abstract class OneRequestCall<Q, R> extends ClientCall<Q, R> implements UnaryAttempt.Owner<Q, R> {
  @SuppressWarnings("rawtypes") // an updater cannot name the type's parameters
  private static final AtomicIntegerFieldUpdater<OneRequestCall> REQUESTED =
      AtomicIntegerFieldUpdater.newUpdater(OneRequestCall.class, "requested");

  final ClientStack stack;
  final MethodPlan plan;
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

  OneRequestCall(
      ClientStack stack,
      MethodPlan plan,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      long startedNanos) {
    this.stack = stack;
    this.plan = plan;
    this.method = plan.kept(method);
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
    request = MethodPlan.kept(method, message, options);
  }

  @Override
  public final void setMessageCompression(boolean enabled) {
    uncompressed = !enabled;
  }

  final LoadBalancingContext firstPick() {
    return stack.firstPick(plan, options, request);
  }

  /** Why the call may not be made at all, or null. */
  final @Nullable Status refusal() {
    Status tooLarge = request == null ? null : MessageLimit.check(request, options);
    if (tooLarge != null) {
      return tooLarge;
    }
    Status refused = stack.refusal(plan, startedNanos);
    admitted = refused == null;
    return refused;
  }

  final UnaryAttempt<Q, R> newAttempt(AttemptTrace trace) {
    return newAttempt(trace, options);
  }

  final UnaryAttempt<Q, R> newAttempt(AttemptTrace trace, CallOptions base) {
    CallOptions own = base.withOption(LoadBalancingContext.KEY, trace.pick);
    if (plan.perAttemptNanos > 0) {
      own = Deadlines.atMost(own, plan.perAttemptNanos);
    }
    return new UnaryAttempt<>(this, trace, stack.transport().newCall(method, own));
  }

  final void send(UnaryAttempt<Q, R> attempt, int repeats) {
    attempt.send(Repeats.headers(headers, repeats), request, requested, uncompressed);
  }

  final long leftNanos() {
    return Deadlines.leftNanos(options, context);
  }

  final void onItsExecutor(Runnable task) {
    Endings.on(options, task);
  }

  /** Gives the caller its one answer; called once. */
  final void conclude(
      @Nullable UnaryAttempt<Q, R> attempt,
      Status status,
      Metadata trailers,
      String ending,
      boolean cancelled) {
    conclude(attempt, attempt == null ? null : attempt.trace, status, trailers, ending, cancelled);
  }

  /**
   * The same, where the answer is not that of the last attempt.
   *
   * @param last the attempt that all others can be reached from
   */
  final void conclude(
      @Nullable UnaryAttempt<Q, R> attempt,
      @Nullable AttemptTrace last,
      Status status,
      Metadata trailers,
      String ending,
      boolean cancelled) {
    Listener<R> to = listener;
    // A breaker hears nothing of a call that it did not let through, or whose caller left.
    if (admitted && !cancelled) {
      stack.callEnded(plan, startedNanos, status);
    }
    if (to == null) {
      return; // cancelled before start(), so nobody listens
    }
    AttemptTrace decisive = attempt == null ? null : attempt.trace;
    Status told =
        stack.reports().ended(plan, startedNanos, decisive, last, status, trailers, ending);
    if (plan.rescues != null && !cancelled && request != null) {
      rescue(plan.rescues, request, attempt, to, told, trailers);
    } else {
      deliver(attempt, to, told, trailers);
    }
  }

  @SuppressWarnings("unchecked") // the plan's rescues are for the one method of this call
  private void rescue(
      Rescues rescues,
      Q asked,
      @Nullable UnaryAttempt<Q, R> attempt,
      Listener<R> to,
      Status status,
      Metadata trailers) {
    if (status.isOk()) {
      rescues.answered(asked, attempt == null ? null : attempt.message());
      deliver(attempt, to, status, trailers);
      return;
    }
    Runnable answer =
        () -> {
          RpcException failure =
              RpcException.of(
                  method.getFullMethodName(), status, trailers, RpcException.Origin.LOCAL);
          Rescues.Outcome outcome = rescues.answer(asked, failure);
          if (outcome instanceof Rescues.Answer instead) {
            stack.reports().rescued(trailers, instead.by());
            to.onHeaders(new Metadata());
            to.onMessage((R) instead.message());
            to.onClose(Status.OK, new Metadata());
          } else if (outcome instanceof Rescues.Nothing nothing) {
            Status told = stack.reports().notRescued(status, trailers, nothing.why());
            deliver(attempt, to, told, trailers);
          }
        };
    // This runs on the call's executor, where a blocking stub waits; only an event loop is left.
    if (rescues.mayBlock() && options.getExecutor() == MoreExecutors.directExecutor()) {
      stack.callbacks().execute(answer);
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
    return getClass().getSimpleName() + "[" + method.getFullMethodName() + " on " + stack + "]";
  }
}
