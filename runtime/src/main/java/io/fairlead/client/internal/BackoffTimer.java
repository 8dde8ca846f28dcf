package io.fairlead.client.internal;

import io.grpc.Context;
import io.grpc.Status;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The time between two attempts of a call, when nothing runs that grpc-java could end.
 *
 * <p>So the end of the channel and of the inbound call are watched here. Timer, channel, inbound
 * call and caller may come at the same time from different threads; the flag {@link #done} lets the
 * first one win. The listener is called without a lock, perhaps within {@link #begin}.
 */
final class BackoffTimer implements Runnable, Context.CancellationListener {
  private static final Status CLOSED = Status.UNAVAILABLE.withDescription("the channel was closed");

  private final CallEnvironment environment;
  private final Context context;
  private final Listener listener;
  private final AtomicBoolean done = new AtomicBoolean();
  private volatile @Nullable Future<?> timer;

  /** The call that waits; hears one of the two, on any thread, perhaps within {@link #begin}. */
  interface Listener {
    /** The time is over. */
    void onElapsed();

    /** It ended before its time, and the call with it. */
    void onAborted(Status why);
  }

  BackoffTimer(CallEnvironment environment, Context context, Listener listener) {
    this.environment = environment;
    this.context = context;
    this.listener = listener;
  }

  void begin(long nanos) {
    context.addListener(this, Runnable::run);
    environment.backoffs().add(this);
    timer = environment.schedule(this, nanos);
    // The channel may have begun to close just before this was added; then nobody else ends it.
    if (timer == null || environment.backoffs().closing()) {
      abort(CLOSED);
    }
    if (done.get()) {
      cleanUp(); // it was cut before it stood everywhere
    }
  }

  @Override
  public void run() {
    if (done.compareAndSet(false, true)) {
      cleanUp();
      listener.onElapsed();
    }
  }

  /** Ends it before its time; nothing if it is over. */
  void abort(Status why) {
    if (done.compareAndSet(false, true)) {
      cleanUp();
      listener.onAborted(why);
    }
  }

  private void cleanUp() {
    context.removeListener(this);
    environment.backoffs().remove(this);
    Future<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  @Override
  public void cancelled(Context ended) {
    Throwable cause = ended.cancellationCause();
    Status why =
        cause instanceof TimeoutException
            ? Status.DEADLINE_EXCEEDED.withDescription("the deadline of the inbound call passed")
            : Status.CANCELLED.withDescription("the inbound call was cancelled");
    abort(why.withCause(cause));
  }

  void channelClosed() {
    abort(CLOSED);
  }
}
