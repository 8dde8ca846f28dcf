package io.fairlead.contract.internal.stream;

import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.executor.InterruptGuard;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Context;
import io.grpc.Status;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Moves messages on a thread, for sources that may block: one extra in a client, the handler's own
 * in a server.
 *
 * <p>The thread reads the source, and waits while the call is not ready; the event loop wakes it.
 * The end of the call comes from another thread: it sets the reason, and interrupts the source's
 * code through a guard, so that the interrupt cannot hit what the thread does next.
 */
public final class BlockingPump<T> implements MessagePump, Source.Out<T>, Runnable {
  private final Source<T> source;
  private final MessageSink<T> sink;
  private final String method;
  private final HandlerExecutor handlers;
  private final InterruptGuard guard = new InterruptGuard();

  /** Why the call ended, once it has; the sending thread throws it. */
  private volatile @Nullable RuntimeException stopped;

  /** The thread while it waits for the call to take messages. */
  private volatile @Nullable Thread waiting;

  BlockingPump(Source<T> source, MessageSink<T> sink, String method, HandlerExecutor handlers) {
    this.source = source;
    this.sink = sink;
    this.method = method;
    this.handlers = handlers;
  }

  @Override
  public void start() {
    try {
      handlers.runStream(Context.current().wrap(this));
    } catch (RejectedExecutionException e) {
      source.close();
      throw e;
    }
  }

  /** Pumps on the calling thread. */
  @Override
  public void run() {
    if (!guard.enter()) {
      source.close();
      return;
    }
    try {
      source.transferTo(this);
      sink.complete();
    } catch (Throwable e) {
      if (stopped == null) {
        sink.fail(e);
      }
    } finally {
      guard.exit();
      source.close();
    }
  }

  @Override
  public void send(T message) throws InterruptedException {
    waiting = Thread.currentThread();
    while (stopped == null && !sink.isReady()) {
      LockSupport.park(this);
      if (Thread.interrupted()) {
        waiting = null;
        throw new InterruptedException("interrupted while a message of " + method + " waited");
      }
    }
    waiting = null;
    try {
      checkOpen();
      sink.send(message);
    } catch (IllegalStateException e) {
      // The call may have been cancelled between the check and the message.
      checkOpen();
      throw e;
    }
  }

  private void checkOpen() {
    RuntimeException reason = stopped;
    if (reason != null) {
      throw RpcException.of(
          method, Status.fromThrowable(reason).withCause(reason), null, StatusOrigin.LOCAL);
    }
  }

  @Override
  public void onReady() {
    Thread sleeper = waiting;
    if (sleeper != null) {
      LockSupport.unpark(sleeper);
    }
  }

  @Override
  public void stop(RuntimeException reason) {
    stopped = reason;
    onReady();
    guard.interrupt();
  }
}
