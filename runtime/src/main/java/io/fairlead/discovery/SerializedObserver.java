package io.fairlead.discovery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands values to one observer in order, one at a time, on whichever thread offers them.
 *
 * <p>A value is put into the order under the lock of whoever made it ({@link #enqueue}), and
 * delivered after that lock is released ({@link #deliver}). So an observer may call back into the
 * registry, and still sees changes in their order. A thread that finds another one delivering
 * leaves its value to it.
 */
final class SerializedObserver<T> implements Watch {
  private static final System.Logger LOG = System.getLogger(SerializedObserver.class.getName());

  private final Consumer<? super T> observer;
  private final Consumer<? super SerializedObserver<T>> onClose;

  @GuardedBy("this")
  private final ArrayDeque<T> waiting = new ArrayDeque<>();

  /** Whether a thread delivers; it goes on until nothing waits. */
  @GuardedBy("this")
  private boolean delivering;

  @GuardedBy("this")
  private boolean closed;

  SerializedObserver(
      Consumer<? super T> observer, Consumer<? super SerializedObserver<T>> onClose) {
    this.observer = observer;
    this.onClose = onClose;
  }

  /** Keeps the value's place in the order; call {@link #deliver} after leaving any lock. */
  synchronized void enqueue(T value) {
    if (!closed) {
      waiting.add(value);
    }
  }

  /** Delivers what waits, unless another thread is at it and will deliver this too. */
  void deliver() {
    synchronized (this) {
      if (delivering) {
        return;
      }
      delivering = true;
    }
    for (T value = poll(); value != null; value = poll()) {
      try {
        observer.accept(value);
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "An observer of a registry failed on " + value, e);
      }
    }
  }

  private synchronized @Nullable T poll() {
    T value = closed ? null : waiting.poll();
    if (value == null) {
      delivering = false;
    }
    return value;
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      waiting.clear();
    }
    onClose.accept(this);
  }
}
