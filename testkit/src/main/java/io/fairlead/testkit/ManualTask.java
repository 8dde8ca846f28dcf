package io.fairlead.testkit;

import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One task of a {@link ManualScheduler}; ordered by time, then by submission. */
final class ManualTask<V extends @Nullable Object> extends FutureTask<V>
    implements RunnableScheduledFuture<V> {
  private final ManualScheduler scheduler;
  private final long periodNanos;
  private final long sequence;
  private long dueNanos;
  private boolean throwToCaller;

  ManualTask(
      ManualScheduler scheduler, Callable<V> body, long dueNanos, long periodNanos, long sequence) {
    super(body);
    this.scheduler = scheduler;
    this.dueNanos = dueNanos;
    this.periodNanos = periodNanos;
    this.sequence = sequence;
  }

  long dueNanos() {
    return dueNanos;
  }

  /** True when the task has another turn to come; its next moment is set then. */
  boolean repeats() {
    if (!isPeriodic() || isDone()) {
      return false;
    }
    dueNanos += periodNanos;
    return true;
  }

  void throwToCaller() {
    throwToCaller = true;
  }

  @Override
  public boolean isPeriodic() {
    return periodNanos > 0;
  }

  @Override
  public void run() {
    if (isPeriodic()) {
      runAndReset();
      return;
    }
    super.run();
    if (throwToCaller) {
      rethrow();
    }
  }

  private void rethrow() {
    try {
      get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    scheduler.remove(this);
    return cancelled;
  }

  @Override
  public long getDelay(TimeUnit unit) {
    return unit.convert(dueNanos - scheduler.nanoTime(), TimeUnit.NANOSECONDS);
  }

  @Override
  public int compareTo(Delayed other) {
    if (other instanceof ManualTask<?> task) {
      int byTime = Long.signum(dueNanos - task.dueNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, task.sequence);
    }
    return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
