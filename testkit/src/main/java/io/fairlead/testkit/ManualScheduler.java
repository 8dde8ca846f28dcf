package io.fairlead.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An executor in virtual time: nothing runs until its {@link ManualClock} moves, then everything
 * that is due runs on the thread that moves it, in order of time and, for equal times, of
 * submission.
 *
 * <p>As in the JDK, what a scheduled task throws stays in its future; what a task given to {@link
 * #execute} throws reaches the test. Safe to submit to from any thread.
 */
public final class ManualScheduler extends AbstractExecutorService
    implements ScheduledExecutorService {
  private final ManualClock clock;
  private final Object lock = new Object();
  private final PriorityQueue<ManualTask<?>> queue = new PriorityQueue<>();

  @GuardedBy("lock")
  private long sequence;

  @GuardedBy("lock")
  private boolean shutdown;

  ManualScheduler(ManualClock clock) {
    this.clock = clock;
  }

  /** Returns how many tasks wait for their time, without cancelled ones. */
  public int pendingTasks() {
    synchronized (lock) {
      return queue.size();
    }
  }

  /** Returns the delays, from now, of the tasks that wait, shortest first. */
  public List<Duration> pendingDelays() {
    synchronized (lock) {
      return queue.stream()
          .sorted()
          .map(task -> Duration.ofNanos(task.dueNanos() - clock.nanoTime()))
          .toList();
    }
  }

  void runUntil(long endNanos) {
    for (ManualTask<?> task = pollDue(endNanos); task != null; task = pollDue(endNanos)) {
      clock.moveTo(task.dueNanos());
      task.run();
      if (task.repeats()) {
        enqueue(task);
      }
    }
    clock.moveTo(endNanos);
  }

  /** Returns when the next task is due, or {@code otherwise} when there is none. */
  long nextDueNanos(long otherwise) {
    synchronized (lock) {
      ManualTask<?> head = queue.peek();
      return head == null ? otherwise : head.dueNanos();
    }
  }

  long nanoTime() {
    return clock.nanoTime();
  }

  void remove(ManualTask<?> task) {
    synchronized (lock) {
      queue.remove(task);
    }
  }

  private @Nullable ManualTask<?> pollDue(long endNanos) {
    synchronized (lock) {
      ManualTask<?> head = queue.peek();
      return head != null && head.dueNanos() - endNanos <= 0 ? queue.poll() : null;
    }
  }

  private void enqueue(ManualTask<?> task) {
    synchronized (lock) {
      if (!task.isCancelled() && !shutdown) {
        queue.add(task);
      }
    }
  }

  private <V extends @Nullable Object> ManualTask<V> add(
      Callable<V> body, long delay, long period, TimeUnit unit) {
    synchronized (lock) {
      if (shutdown) {
        throw new RejectedExecutionException("The manual scheduler is shut down");
      }
      long dueNanos = clock.nanoTime() + unit.toNanos(Math.max(0, delay));
      ManualTask<V> task = new ManualTask<>(this, body, dueNanos, unit.toNanos(period), sequence++);
      queue.add(task);
      return task;
    }
  }

  @Override
  public void execute(Runnable command) {
    add(Executors.callable(command), 0, 0, TimeUnit.NANOSECONDS).throwToCaller();
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return add(Executors.callable(command), delay, 0, unit);
  }

  @Override
  public <V extends @Nullable Object> ScheduledFuture<V> schedule(
      Callable<V> callable, long delay, TimeUnit unit) {
    return add(callable, delay, 0, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    return add(Executors.callable(command), initialDelay, positive(period), unit);
  }

  /** In virtual time a task takes no time, so this is the same as a fixed rate. */
  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    return scheduleAtFixedRate(command, initialDelay, delay, unit);
  }

  private static long positive(long period) {
    if (period <= 0) {
      throw new IllegalArgumentException("The period must be positive: " + period);
    }
    return period;
  }

  /** Refuses new tasks and drops those that wait. */
  @Override
  public void shutdown() {
    shutdownNow();
  }

  @Override
  public List<Runnable> shutdownNow() {
    synchronized (lock) {
      shutdown = true;
      List<Runnable> dropped = new ArrayList<>(queue);
      queue.clear();
      return dropped;
    }
  }

  @Override
  public boolean isShutdown() {
    synchronized (lock) {
      return shutdown;
    }
  }

  @Override
  public boolean isTerminated() {
    return isShutdown();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return isTerminated();
  }

  @Override
  public String toString() {
    return "ManualScheduler[now "
        + clock.instant()
        + ", due in "
        + pendingDelays().stream().map(DurationText::format).toList()
        + "]";
  }
}
