package io.fairlead.etcd.embedded;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The time by which leases end.
 *
 * @param nanoTime monotonic
 * @param timer runs tasks in that same time
 * @param owned whether the timer dies with the server
 */
record TimeSource(LongSupplier nanoTime, ScheduledExecutorService timer, boolean owned) {
  /** Real time. */
  static TimeSource system() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "fairlead-embedded-etcd-timer");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
    return new TimeSource(System::nanoTime, timer, true);
  }

  void close() {
    if (owned) {
      timer.shutdownNow();
    }
  }

  /** What a builder was given, before anything is started. */
  record Injected(@Nullable LongSupplier nanoTime, @Nullable ScheduledExecutorService timer) {
    static final Injected NONE = new Injected(null, null);

    TimeSource orSystem() {
      return nanoTime == null || timer == null ? system() : new TimeSource(nanoTime, timer, false);
    }
  }
}
