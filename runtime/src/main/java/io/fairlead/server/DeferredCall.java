package io.fairlead.server;

import io.fairlead.internal.executor.ConcurrencyPermit;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call that begins later than it arrived, on another thread: its events wait, and then reach the
 * next layer in order, one at a time, in the call's own context.
 */
class DeferredCall<Q, R> extends ServerCall.Listener<Q> {
  private static final System.Logger LOG = System.getLogger(DeferredCall.class.getName());

  private final ServerCall<Q, R> call;
  private final Metadata headers;
  private final ServerCallHandler<Q, R> next;
  private final Context context = Context.current();
  private final @Nullable ConcurrencyPermit permit = ConcurrencyPermit.of(context);
  private final SerialTasks tasks = new SerialTasks();
  private volatile boolean refused;
  // Only touched by the tasks.
  private ServerCall.Listener<Q> delegate = Calls.deaf();

  DeferredCall(ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    this.call = call;
    this.headers = headers;
    this.next = next;
  }

  /** Begins the call on the executor, at most once and never together with {@link #refuse}. */
  final void start(Executor executor) {
    start(executor, executor);
  }

  /**
   * @param first begins the call; may refuse, which ends it
   * @param afterwards takes what follows; must not refuse
   */
  final void start(Executor first, Executor afterwards) {
    boolean held = hold();
    try {
      tasks.release(first, afterwards, () -> work(held, this::startNext));
    } catch (RejectedExecutionException full) {
      refused = true;
      if (held) {
        letGo();
      }
      Refusal.overloaded(String.valueOf(full.getMessage())).close(call);
    }
  }

  /** Ends the call instead of beginning it. */
  final void refuse(Refusal refusal) {
    tasks.release(Runnable::run, Runnable::run, () -> refusal.close(call));
  }

  private void startNext() {
    delegate = next.startCall(call, headers);
  }

  @Override
  public void onMessage(Q message) {
    post(() -> delegate.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    post(() -> delegate.onHalfClose());
  }

  @Override
  public void onCancel() {
    post(() -> delegate.onCancel());
  }

  @Override
  public void onComplete() {
    post(() -> delegate.onComplete());
  }

  @Override
  public void onReady() {
    post(() -> delegate.onReady());
  }

  private void post(Runnable event) {
    if (refused) {
      return; // nobody would run it
    }
    // From now on, so that the place of a call is not free before its last event was heard.
    boolean held = hold();
    tasks.add(() -> work(held, event));
  }

  private boolean hold() {
    return permit != null && permit.acquire();
  }

  private void letGo() {
    if (permit != null) {
      permit.release();
    }
  }

  private void work(boolean held, Runnable event) {
    try {
      guarded(event);
    } finally {
      if (held) {
        letGo();
      }
    }
  }

  /** The transport's own thread would do the same for a handler that throws. */
  private void guarded(Runnable event) {
    Context previous = context.attach();
    try {
      event.run();
    } catch (RuntimeException | Error e) {
      String method = call.getMethodDescriptor().getFullMethodName();
      LOG.log(Level.WARNING, "the handler of " + method + " threw", e);
      Calls.closeQuietly(call, Status.UNKNOWN.withDescription("the handler failed").withCause(e));
    } finally {
      context.detach(previous);
    }
  }
}
