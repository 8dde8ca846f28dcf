package io.fairlead.registry.etcd;

import io.fairlead.testkit.ManualClock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A loop on a thread of its own, whose timers run when the test moves the clock. */
final class VirtualLoop implements EventLoop {
  private final ManualClock clock;
  private final ExecutorService executor;

  /** Handed in and not over yet. */
  private final AtomicInteger tasks = new AtomicInteger();

  private volatile @Nullable Thread thread;
  private volatile @Nullable Throwable failure;
  private volatile boolean paused;

  VirtualLoop(ManualClock clock) {
    this.clock = clock;
    this.executor =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "virtual-loop");
              made.setDaemon(true);
              thread = made;
              return made;
            });
  }

  @Override
  public void execute(Runnable task) {
    tasks.incrementAndGet();
    try {
      executor.execute(
          () -> {
            try {
              guarded(task);
            } finally {
              tasks.decrementAndGet();
            }
          });
    } catch (RejectedExecutionException closed) {
      // As the interface says: ignored after close.
      tasks.decrementAndGet();
    }
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** The timer's task has run when the clock's step is over. */
  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    AtomicBoolean canceled = new AtomicBoolean();
    ScheduledFuture<?> due =
        clock
            .scheduler()
            .schedule(
                () -> {
                  CompletableFuture<Void> done = new CompletableFuture<>();
                  execute(
                      () -> {
                        try {
                          // It may have been canceled while it stood in line.
                          if (!canceled.get()) {
                            guarded(task);
                          }
                        } finally {
                          done.complete(null);
                        }
                      });
                  if (!executor.isShutdown() && !paused) {
                    done.join();
                  }
                },
                delayNanos,
                TimeUnit.NANOSECONDS);
    return () -> {
      canceled.set(true);
      due.cancel(false);
    };
  }

  /** Stops the thread in its tracks, as SIGSTOP does, until the returned action is run. */
  Runnable pause() {
    CompletableFuture<Void> resumed = new CompletableFuture<>();
    execute(resumed::join);
    paused = true;
    return () -> {
      paused = false;
      resumed.complete(null);
    };
  }

  /** Waits until all that was handed in has run; what a task threw comes out here. */
  void drain() {
    // To wake the thread for nothing is most of what this would cost.
    if (tasks.get() > 0 && !executor.isShutdown() && !paused) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      execute(() -> done.complete(null));
      if (!executor.isShutdown()) {
        done.join();
      }
    }
    Throwable thrown = failure;
    if (thrown != null) {
      throw new AssertionError("a task of the loop failed", thrown);
    }
  }

  @Override
  public long nanoTime() {
    return clock.nanoTime();
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
