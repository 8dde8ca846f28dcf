package io.fairlead.experiments;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call that waits. Its events are kept, and reach the handler in order, one at a time, when the
 * time is over; or the call ends with a status then. One that its caller gives up before that never
 * reaches the handler.
 */
final class DelayedCall<Q, R> extends ServerCall.Listener<Q> implements Runnable {
  private static final System.Logger LOG = System.getLogger(DelayedCall.class.getName());

  private final ServerCall<Q, R> call;
  private final Metadata headers;
  private final ServerCallHandler<Q, R> next;
  private final @Nullable Status instead;
  private final Context context = Context.current();

  // These are guarded by this.
  private final Deque<Runnable> events = new ArrayDeque<>();
  private boolean waiting = true;
  private boolean over;
  private boolean running;
  private @Nullable Future<?> timer;

  /** Touched by events alone, which run one at a time. */
  private ServerCall.Listener<Q> delegate = new ServerCall.Listener<>() {};

  /**
   * @param instead the status with which the call ends when it has waited; null to serve it
   */
  DelayedCall(
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next,
      @Nullable Status instead) {
    this.call = call;
    this.headers = headers;
    this.next = next;
    this.instead = instead;
  }

  /** Begins to wait. An injector that is closed delays nothing. */
  void begin(ScheduledExecutorService scheduler, long nanos) {
    try {
      Future<?> scheduled = scheduler.schedule(this, nanos, TimeUnit.NANOSECONDS);
      synchronized (this) {
        timer = scheduled;
      }
    } catch (RejectedExecutionException closed) {
      run();
    }
  }

  /** The time is over: what comes first is the beginning of the call, then what was kept. */
  @Override
  public void run() {
    synchronized (this) {
      if (!waiting || over) {
        return;
      }
      waiting = false;
      events.addFirst(this::start);
      running = true;
    }
    drain();
  }

  private void start() {
    if (instead == null) {
      delegate = next.startCall(call, headers);
    } else {
      call.close(instead, new Metadata());
    }
  }

  private void post(Runnable event) {
    synchronized (this) {
      if (over) {
        return;
      }
      events.add(event);
      if (waiting || running) {
        return;
      }
      running = true;
    }
    drain();
  }

  private void drain() {
    while (true) {
      Runnable event;
      synchronized (this) {
        event = events.poll();
        if (event == null) {
          running = false;
          return;
        }
      }
      Context before = context.attach();
      try {
        event.run();
      } catch (RuntimeException e) {
        LOG.log(
            Level.WARNING,
            "a handler of " + call.getMethodDescriptor().getFullMethodName() + " failed",
            e);
        closeAfter(e);
      } finally {
        context.detach(before);
      }
    }
  }

  private void closeAfter(RuntimeException failure) {
    try {
      call.close(
          Status.UNKNOWN.withDescription("the handler failed").withCause(failure), new Metadata());
    } catch (IllegalStateException closed) {
      failure.addSuppressed(closed); // the handler had closed it already
    }
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
  public void onReady() {
    post(() -> delegate.onReady());
  }

  @Override
  public void onComplete() {
    if (!endedWhileWaiting()) {
      post(() -> delegate.onComplete());
    }
  }

  @Override
  public void onCancel() {
    if (!endedWhileWaiting()) {
      post(() -> delegate.onCancel());
    }
  }

  private boolean endedWhileWaiting() {
    synchronized (this) {
      if (!waiting) {
        return false;
      }
      over = true;
      events.clear();
      if (timer != null) {
        timer.cancel(false);
      }
      return true;
    }
  }
}
