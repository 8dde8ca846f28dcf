package io.fairlead.experiments;

import io.fairlead.server.internal.call.DeferredCall;
import io.fairlead.server.internal.call.QuietClose;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits. When the time is over it goes on, or ends with a status. One that its caller
 * gives up before that never reaches the handler.
 */
final class DelayedCall<Q, R> extends DeferredCall<Q, R> implements Runnable {
  private final @Nullable Status instead;

  /** Whether the time is over, or the caller has given up: the first of them counts. */
  private final AtomicBoolean decided = new AtomicBoolean();

  private volatile @Nullable Future<?> timer;

  /**
   * @param instead the status with which the call ends when it has waited; null to serve it
   */
  DelayedCall(
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next,
      @Nullable Status instead) {
    super(call, headers, next);
    this.instead = instead;
  }

  /** Begins to wait. An injector that is closed delays nothing. */
  void begin(ScheduledExecutorService scheduler, long nanos) {
    try {
      timer = scheduler.schedule(this, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      run();
    }
  }

  /** The time is over. */
  @Override
  public void run() {
    if (decided.compareAndSet(false, true)) {
      start(Runnable::run);
    }
  }

  @Override
  protected ServerCall.Listener<Q> startCall(
      ServerCall<Q, R> arrived, Metadata given, ServerCallHandler<Q, R> to) {
    if (instead == null) {
      return super.startCall(arrived, given, to);
    }
    QuietClose.closeQuietly(arrived, instead);
    return QuietClose.noopListener();
  }

  @Override
  public void onComplete() {
    if (!endedWhileWaiting()) {
      super.onComplete();
    }
  }

  @Override
  public void onCancel() {
    if (!endedWhileWaiting()) {
      super.onCancel();
    }
  }

  /** Events follow {@link #begin} on the thread of the call, so that the timer is known here. */
  private boolean endedWhileWaiting() {
    if (!decided.compareAndSet(false, true)) {
      return false;
    }
    Future<?> running = timer;
    if (running != null) {
      running.cancel(false);
    }
    return true;
  }
}
