package io.fairlead.client;

import io.grpc.Context;
import io.grpc.Status;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The time between two attempts of a call, when nothing runs that grpc-java could end. So the end
 * of the channel and of the inbound call are watched here. It is over once: in time, or cut short.
 */
final class Pause implements Runnable, Context.CancellationListener {
  private static final Status CLOSED = Status.UNAVAILABLE.withDescription("the channel was closed");

  private final ClientStack stack;
  private final Context context;
  private final Owner owner;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile @Nullable Future<?> timer;

  /** The call that pauses; hears one of the two, on any thread, perhaps within {@link #begin}. */
  interface Owner {
    /** The time is over. */
    void resume();

    /** It ended before its time, and the call with it. */
    void cut(Status why);
  }

  Pause(ClientStack stack, Context context, Owner owner) {
    this.stack = stack;
    this.context = context;
    this.owner = owner;
  }

  void begin(long nanos) {
    context.addListener(this, Runnable::run);
    stack.pauses(this);
    try {
      timer = stack.scheduler().schedule(this, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      cut(CLOSED.withCause(closed));
    }
    if (stack.closing()) {
      cut(CLOSED);
    }
    if (over.get()) {
      letGo(); // it was cut before it stood everywhere
    }
  }

  @Override
  public void run() {
    if (over.compareAndSet(false, true)) {
      letGo();
      owner.resume();
    }
  }

  /** Ends it before its time; nothing if it is over. */
  void cut(Status why) {
    if (over.compareAndSet(false, true)) {
      letGo();
      owner.cut(why);
    }
  }

  private void letGo() {
    context.removeListener(this);
    stack.pausesNoMore(this);
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
    cut(why.withCause(cause));
  }

  void channelClosed() {
    cut(CLOSED);
  }
}
