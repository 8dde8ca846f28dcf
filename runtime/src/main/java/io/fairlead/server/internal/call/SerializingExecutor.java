package io.fairlead.server.internal.call;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one call in order, one at a time.
 *
 * <p>Tasks wait until {@link #release} names the executor. The lock guards the queue and is not
 * held while a task runs. A run that has begun takes all that is added meanwhile, so a burst of
 * events costs one hand-over.
 */
final class SerializingExecutor implements Runnable {
  @GuardedBy("this")
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(4);

  /** Where tasks run; null before the release. */
  @GuardedBy("this")
  private @Nullable Executor executor;

  /** Whether a run is under way or ordered; it takes all that is added meanwhile. */
  @GuardedBy("this")
  private boolean scheduled;

  void add(Runnable task) {
    Executor target;
    synchronized (this) {
      waiting.add(task);
      if (scheduled || executor == null) {
        return;
      }
      scheduled = true;
      target = executor;
    }
    target.execute(this);
  }

  /**
   * Puts the task before everything that waits, and lets all of it run there.
   *
   * @param target runs the task and what waits now; may refuse to
   * @param afterwards runs what comes later; must not refuse
   */
  void release(Executor target, Executor afterwards, Runnable first) {
    synchronized (this) {
      if (executor != null) {
        throw new IllegalStateException("released twice");
      }
      waiting.addFirst(first);
      executor = afterwards;
      scheduled = true;
    }
    target.execute(this);
  }

  @Override
  public void run() {
    while (true) {
      Runnable task;
      synchronized (this) {
        task = waiting.poll();
        if (task == null) {
          scheduled = false;
          return;
        }
      }
      task.run();
    }
  }
}
