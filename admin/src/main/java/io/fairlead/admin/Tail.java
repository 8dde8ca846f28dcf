package io.fairlead.admin;

import io.fairlead.Source;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What happens, for one reader that follows it. Messages wait in a queue of a fixed size; a reader
 * that is slower loses the new ones, and is told how many. Safe for use by many writers and one
 * reader.
 */
final class Tail<M> extends Source.Pollable<M> {
  private static final int WAITING = 1_000;

  private final LossNote<M> lossNote;
  private final Consumer<Tail<M>> onClose;
  private final int capacity;

  /** Guarded by this object's lock, as all below. */
  private final ArrayDeque<M> queue;

  private long lost;
  private boolean closed;
  private @Nullable Runnable wake;

  /** Notes in a message how many were lost after it. */
  interface LossNote<M> {
    M add(M message, long lost);
  }

  /**
   * Makes one.
   *
   * @param first what the reader gets at once
   */
  Tail(Collection<M> first, LossNote<M> lossNote, Consumer<Tail<M>> onClose) {
    this.queue = new ArrayDeque<>(first);
    this.capacity = first.size() + WAITING;
    this.lossNote = lossNote;
    this.onClose = onClose;
  }

  /** Takes a message; returns whether the reader may have to be woken. */
  synchronized boolean offer(M message) {
    if (closed) {
      return false;
    }
    if (queue.size() >= capacity) {
      lost++;
      return false;
    }
    queue.add(message);
    notifyAll();
    return true;
  }

  /** Counts a message that the reader does not get. */
  synchronized void skip() {
    lost++;
  }

  /** Wakes the reader, without this object's lock: it may poll on this thread. */
  void wake() {
    Runnable action;
    synchronized (this) {
      action = wake;
    }
    if (action != null) {
      action.run();
    }
  }

  @Override
  public synchronized @Nullable M poll() {
    M next = queue.poll();
    if (next == null || lost == 0 || !queue.isEmpty()) {
      return next;
    }
    // Those that were lost came after what waited; the last one that waited says so.
    M noted = lossNote.add(next, lost);
    lost = 0;
    return noted;
  }

  @Override
  public synchronized boolean isDone() {
    return closed && queue.isEmpty();
  }

  @Override
  public synchronized void onReadable(Runnable action) {
    wake = action;
  }

  /** Waits for the next message, at most so long; null if there was none. */
  synchronized @Nullable M poll(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (queue.isEmpty() && !closed && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    return poll();
  }

  @Override
  public @Nullable M read() {
    try {
      while (true) {
        M message = poll(1_000);
        if (message != null || isDone()) {
          return message;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      return null;
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      queue.clear();
      notifyAll();
    }
    onClose.accept(this);
  }

  @Override
  public String toString() {
    return "a tail";
  }
}
