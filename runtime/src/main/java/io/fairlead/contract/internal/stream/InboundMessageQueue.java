package io.fairlead.contract.internal.stream;

import io.fairlead.RpcException;
import io.fairlead.internal.AbandonedSourceDetector;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a call that have arrived and were not read yet.
 *
 * <p>The event loop puts them in, one thread at a time takes them out, any thread may close it. No
 * lock is taken for a message: the queue is bounded by what was asked for, and the reader asks for
 * more as it reads ({@link PrefetchWindow}). A waiting reader is parked, and woken once for each
 * sleep.
 *
 * <p>The end is written after the last message and read before the next one, so a message that came
 * before the end is never lost.
 */
public final class InboundMessageQueue<T> implements AbandonedSourceDetector.State {
  private final String method;
  private final Upstream upstream;
  private final SpscQueue<T> messages = new SpscQueue<>(PrefetchWindow.MAX_MESSAGES);
  private final PrefetchWindow window = new PrefetchWindow();

  /** How the call ended; written after its last message. */
  private volatile @Nullable CallCompletion completion;

  /** Why the reader is done with the stream; nothing is read after it. */
  private volatile @Nullable CallCompletion closed;

  /** The reader while it is parked, or about to be; the event loop wakes it. */
  private volatile @Nullable Thread waitingReader;

  /** What to run when there is something to read, for readers that do not wait. */
  private volatile @Nullable Runnable wake;

  /** Where the messages come from. Both may be called on any thread. */
  public interface Upstream {
    void request(int messages);

    /** Learns that nothing more is wanted. */
    void cancel(String reason, @Nullable Throwable cause);
  }

  public InboundMessageQueue(String method, Upstream upstream) {
    this.method = method;
    this.upstream = upstream;
  }

  /** Asks for the first messages; once the call has started. */
  public void open() {
    upstream.request(window.first());
  }

  /** Adds a message that came; false if it was not asked for. */
  public boolean offer(T message) {
    boolean taken = messages.offer(message);
    signal();
    return taken;
  }

  /** Learns that the call has ended; messages that came before can still be read. */
  public void end(CallCompletion how) {
    if (completion == null) {
      completion = how;
      signal();
    }
  }

  private void signal() {
    Thread parked = waitingReader;
    if (parked != null) {
      // Once for each sleep: more messages come before a thread is up.
      waitingReader = null;
      LockSupport.unpark(parked);
    }
    Runnable action = wake;
    if (action != null) {
      action.run();
    }
  }

  void onReadable(Runnable action) {
    wake = action;
  }

  /** Waits for a message; null at the end. */
  @Nullable T read() {
    EventLoops.checkMayBlock(method);
    T message = poll();
    if (message != null || completion != null) {
      return message != null ? message : poll();
    }
    try {
      while (true) {
        waitingReader = Thread.currentThread();
        // Read before the messages: what came before the end must not be lost.
        boolean over = completion != null;
        message = poll();
        if (message != null || over) {
          return message;
        }
        LockSupport.park(this);
        if (Thread.interrupted()) {
          close("the reading thread was interrupted", new InterruptedException());
          Thread.currentThread().interrupt();
        }
      }
    } finally {
      waitingReader = null;
    }
  }

  /** Returns the next message that is there; null if there is none now, and at the end. */
  @Nullable T poll() {
    CallCompletion why = closed;
    if (why != null) {
      throw why.failure(method);
    }
    // Read before the messages: what came before the end must not be lost.
    CallCompletion over = completion;
    T message = messages.poll();
    if (message != null) {
      int more = window.read(message);
      if (more > 0 && over == null) {
        upstream.request(more);
      }
    } else if (over != null && !over.isOk()) {
      throw over.failure(method);
    }
    return message;
  }

  /** Returns whether the call ended well and everything was read. The reader's thread. */
  boolean isDone() {
    CallCompletion over = completion;
    return over != null && over.isOk() && messages.isEmpty();
  }

  /** Ends the reading. Any thread, any number of times. */
  public void close(String reason, @Nullable Throwable cause) {
    synchronized (this) {
      CallCompletion over = completion;
      // A call that failed says why itself, also to a reader that is interrupted for it.
      if (closed != null || (over != null && (!over.isOk() || messages.isEmpty()))) {
        return;
      }
      closed =
          new CallCompletion(
              Status.CANCELLED.withDescription(reason).withCause(cause), new Metadata(), false);
    }
    if (completion == null) {
      upstream.cancel(reason, cause);
    }
    signal();
  }

  @Override
  public boolean isOver() {
    return completion != null || closed != null;
  }

  @Override
  public void closeAbandoned() {
    close("the source was abandoned by its reader", null);
  }

  public RpcException unsolicited() {
    return RpcException.of(
        method,
        Status.INTERNAL.withDescription("a message came that was not asked for"),
        null,
        StatusOrigin.LOCAL);
  }

  @Override
  public String toString() {
    return "the stream of " + method;
  }
}
