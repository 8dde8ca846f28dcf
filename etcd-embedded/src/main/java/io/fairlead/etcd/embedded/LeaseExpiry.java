package io.fairlead.etcd.embedded;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Wakes the server when the next lease may be over. Guarded by {@link EtcdStateMachine}. */
final class LeaseExpiry {
  private final TimeSource time;
  private final Runnable wake;
  private @Nullable ScheduledFuture<?> armed;
  private long armedForNanos;

  LeaseExpiry(TimeSource time, Runnable wake) {
    this.time = time;
    this.wake = wake;
  }

  /** A wake-up that comes too early finds nothing to do and is cheaper than moving it. */
  void arm(Leases leases) {
    Leases.Lease first = leases.first();
    if (first == null || (armed != null && armedForNanos - first.endNanos() <= 0)) {
      return;
    }
    disarm();
    armedForNanos = first.endNanos();
    long delay = Math.max(0, armedForNanos - time.nanoTime().getAsLong());
    armed = time.timer().schedule(wake, delay, TimeUnit.NANOSECONDS);
  }

  /** The wake-up came, or is not wanted any more. */
  void disarm() {
    if (armed != null) {
      armed.cancel(false);
      armed = null;
    }
  }
}
