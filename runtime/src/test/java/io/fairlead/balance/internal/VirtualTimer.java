package io.fairlead.balance.internal;

import io.grpc.SynchronizationContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A timer whose time passes when a test says so. */
final class VirtualTimer extends AbstractExecutorService implements ScheduledExecutorService {
  final SynchronizationContext sync =
      new SynchronizationContext(
          (thread, e) -> {
            throw new IllegalStateException("a task of the balancer failed", e);
          });

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.<Task>comparingLong(task -> task.at).thenComparingLong(task -> task.number));
  private long now;
  private long numbers;

  long nanoTime() {
    return now;
  }

  int pending() {
    return (int) tasks.stream().filter(task -> !task.isCancelled()).count();
  }

  void pass(long nanos) {
    long end = now + nanos;
    while (!tasks.isEmpty() && tasks.peek().at <= end) {
      Task task = tasks.remove();
      now = Math.max(now, task.at);
      if (!task.isCancelled()) {
        task.fire();
      }
    }
    now = end;
  }

  private final class Task extends FutureTask<Void> implements ScheduledFuture<Void> {
    private final long number = numbers++;
    private final long period;
    private long at;

    Task(Runnable command, long delay, long period) {
      super(command, null);
      this.period = period;
      this.at = now + delay;
      tasks.add(this);
    }

    void fire() {
      if (period == 0) {
        run();
      } else if (runAndReset()) {
        at = now + period;
        tasks.add(this);
      }
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(at - now, TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return new Task(command, unit.toNanos(delay), 0);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    return new Task(command, unit.toNanos(initialDelay), unit.toNanos(period));
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    return new Task(command, unit.toNanos(initialDelay), unit.toNanos(delay));
  }

  @Override
  public void execute(Runnable command) {
    command.run();
  }

  @Override
  public void shutdown() {
    tasks.clear();
  }

  @Override
  public List<Runnable> shutdownNow() {
    tasks.clear();
    return new ArrayList<>();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return true;
  }
}
