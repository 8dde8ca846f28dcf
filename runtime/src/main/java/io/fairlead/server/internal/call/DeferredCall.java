package io.fairlead.server.internal.call;

import io.fairlead.internal.executor.ConcurrencyPermit;
import io.fairlead.internal.executor.HandlerScope;
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
 *
 * <p>Events arrive on the event loop, and {@link #start} or {@link #reject} come from any thread,
 * once. A permit of the call is held for each event that waits, so that it is not free before the
 * last event has been handled. What a handler throws is logged and ends the call, as the
 * transport's own thread would do.
 */
public class DeferredCall<Q, R> extends ServerCall.Listener<Q> {
  private static final System.Logger LOG = System.getLogger(DeferredCall.class.getName());

  private final ServerCall<Q, R> call;
  private final Metadata headers;
  private final ServerCallHandler<Q, R> next;
  private final Context context = Context.current();
  private final @Nullable ConcurrencyPermit permit = ConcurrencyPermit.of(context);
  private final SerializingExecutor tasks = new SerializingExecutor();

  /** Whether no thread took the call; its later events are dropped. */
  private volatile boolean rejected;

  // Only touched by the tasks.
  private ServerCall.Listener<Q> delegate = QuietClose.noopListener();

  public DeferredCall(ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    this.call = call;
    this.headers = headers;
    this.next = next;
  }

  /** Begins the call on the executor, at most once and never together with {@link #reject}. */
  public final void start(Executor executor) {
    start(executor, executor);
  }

  /**
   * Starts the call.
   *
   * @param first begins the call; may refuse, which ends it
   * @param afterwards takes what follows; must not refuse
   */
  public final void start(Executor first, Executor afterwards) {
    boolean held = acquirePermit();
    try {
      tasks.release(first, afterwards, () -> runWithPermit(held, this::startNext));
    } catch (RejectedExecutionException full) {
      rejected = true;
      if (held) {
        releasePermit();
      }
      CallRejection.overloaded(String.valueOf(full.getMessage())).close(call);
    }
  }

  /** Ends the call instead of beginning it. */
  public final void reject(CallRejection callRejection) {
    tasks.release(Runnable::run, Runnable::run, () -> callRejection.close(call));
  }

  private void startNext() {
    delegate = startCall(call, headers, next);
  }

  /** Passes the call on, when it begins; in the context in which it arrived. */
  protected ServerCall.Listener<Q> startCall(
      ServerCall<Q, R> arrived, Metadata given, ServerCallHandler<Q, R> to) {
    return to.startCall(arrived, given);
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
    if (rejected) {
      return; // nobody would run it
    }
    // From now on, so that the permit of a call is not released before its last event was heard.
    boolean held = acquirePermit();
    tasks.add(() -> runWithPermit(held, event));
  }

  private boolean acquirePermit() {
    return permit != null && permit.acquire();
  }

  private void releasePermit() {
    if (permit != null) {
      permit.release();
    }
  }

  private void runWithPermit(boolean held, Runnable event) {
    try {
      guarded(event);
    } finally {
      if (held) {
        releasePermit();
      }
    }
  }

  /** Says that the layers below are about to run here, if they are the handler's code. */
  protected @Nullable Runnable enterScope() {
    return null;
  }

  /** The transport's own thread would do the same for a handler that throws. */
  private void guarded(Runnable event) {
    Context previous = context.attach();
    Runnable entered = enterScope();
    try {
      event.run();
    } catch (RuntimeException | Error e) {
      String method = call.getMethodDescriptor().getFullMethodName();
      LOG.log(Level.WARNING, "the handler of " + method + " threw", e);
      QuietClose.closeQuietly(
          call, Status.UNKNOWN.withDescription("the handler failed").withCause(e));
    } finally {
      HandlerScope.leave(entered);
      context.detach(previous);
    }
  }
}
