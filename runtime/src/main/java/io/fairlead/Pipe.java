package io.fairlead;

import io.fairlead.internal.executor.EventLoops;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bounded pipe: what one thread sends, a {@link Source} gives. For requests that depend on the
 * replies.
 *
 * <pre>{@code
 * try (Pipe<StockLevel> requests = Source.pipe();
 *     Source<StockLevel> replies = inventory.sync(requests.source())) {
 *   requests.send(first);
 *   StockLevel reply = replies.read();
 *   requests.send(next(reply));
 *   requests.complete();
 * }
 * }</pre>
 *
 * <p>The writer's thread carries its messages into the call; {@link #send} waits while the call
 * takes no more. Safe for use by several writers. A pipe closed before {@link #complete} ends with
 * a failure, so that an exception in the writer never looks like a whole sequence.
 */
public final class Pipe<T> implements Source.Out<T>, AutoCloseable {
  static final int DEFAULT_CAPACITY = 16;

  private final int capacity;

  /**
   * Guards everything below. Readers and writers wait on one condition, as either may end the pipe.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final ArrayDeque<T> buffer = new ArrayDeque<>();
  private final Reader<T> source = new Reader<>(this);

  /** Whether nothing more will be sent, for whatever reason. */
  private boolean ended;

  /** What the reader sees after the messages before it; null for a good end. */
  private @Nullable RuntimeException failure;

  /** Why the reader has gone; writers throw it. */
  private @Nullable RuntimeException readerClosed;

  /** Told of every change, without the lock, by a reader that does not wait. */
  private @Nullable Runnable wake;

  Pipe(int capacity) {
    this.capacity = capacity;
  }

  /** Returns the reading end. */
  public Source<T> source() {
    return source;
  }

  /**
   * Sends one message; waits while the buffer is full.
   *
   * @throws RpcException if the reader has gone; it says why
   * @throws IllegalStateException after {@link #complete}, or if it would block an event loop
   */
  @Override
  public void send(T message) throws InterruptedException {
    Objects.requireNonNull(message, "message");
    lock.lockInterruptibly();
    try {
      while (buffer.size() >= capacity && !ended && readerClosed == null) {
        EventLoops.checkMayBlock("Pipe.send");
        changed.await();
      }
      checkOpen();
      buffer.add(message);
    } finally {
      lock.unlock();
    }
    changed();
  }

  private void checkOpen() {
    if (readerClosed != null) {
      // A new one, so that the trace shows this writer.
      throw RpcException.of(
          source.toString(),
          Status.fromThrowable(readerClosed).withCause(readerClosed),
          null,
          StatusOrigin.LOCAL);
    }
    if (ended) {
      throw new IllegalStateException("a message was sent after the pipe had ended");
    }
  }

  /** Says that everything was sent. Does nothing if the pipe has ended already. */
  public void complete() {
    end(null);
  }

  /** Ends the sequence with a failure, seen after the messages before it. */
  public void fail(Throwable failure) {
    end(
        failure instanceof RuntimeException unchecked
            ? unchecked
            : RpcException.of(
                source.toString(),
                Status.UNKNOWN.withDescription("the writer failed: " + failure).withCause(failure),
                null,
                StatusOrigin.LOCAL));
  }

  /**
   * Ends the pipe: after {@link #complete} nothing more happens, else the reader sees a failure.
   */
  @Override
  public void close() {
    end(
        RpcException.of(
            source.toString(),
            Status.CANCELLED.withDescription("the pipe was closed before complete()"),
            null,
            StatusOrigin.LOCAL));
  }

  private void end(@Nullable RuntimeException why) {
    lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      failure = why;
    } finally {
      lock.unlock();
    }
    changed();
  }

  private void changed() {
    Runnable toWake;
    lock.lock();
    try {
      changed.signalAll();
      toWake = wake;
    } finally {
      lock.unlock();
    }
    if (toWake != null) {
      toWake.run();
    }
  }

  private @Nullable T take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (buffer.isEmpty() && !ended && readerClosed == null) {
        EventLoops.checkMayBlock("a read of " + source);
        changed.await();
      }
      return next();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable T poll() {
    lock.lock();
    try {
      return next();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable T next() {
    if (readerClosed != null) {
      throw SourceClosed.failure(source);
    }
    T message = buffer.poll();
    if (message != null) {
      changed.signalAll();
    } else if (failure != null) {
      throw failure;
    }
    return message;
  }

  private void readerClosed(RuntimeException why) {
    lock.lock();
    try {
      if (readerClosed == null) {
        readerClosed = why;
      }
      buffer.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isDone() {
    lock.lock();
    try {
      return ended && failure == null && buffer.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void onReadable(Runnable action) {
    lock.lock();
    try {
      wake = action;
    } finally {
      lock.unlock();
    }
  }

  /** The reading end; apart, so that a writer cannot read by mistake. */
  private static final class Reader<T> extends Source.Pollable<T> {
    private final Pipe<T> pipe;

    Reader(Pipe<T> pipe) {
      this.pipe = pipe;
    }

    @Override
    public @Nullable T read() {
      try {
        return pipe.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        RpcException failure = SourceClosed.interrupted(this);
        pipe.readerClosed(failure);
        throw failure;
      }
    }

    @Override
    public @Nullable T poll() {
      return pipe.poll();
    }

    @Override
    public boolean isDone() {
      return pipe.isDone();
    }

    @Override
    public void onReadable(Runnable wake) {
      pipe.onReadable(wake);
    }

    @Override
    public void abandon(RuntimeException reason) {
      pipe.readerClosed(reason);
    }

    @Override
    public void close() {
      pipe.readerClosed(SourceClosed.failure(this));
    }

    @Override
    public String toString() {
      return "Source.pipe()";
    }
  }
}
