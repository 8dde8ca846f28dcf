package io.fairlead.internal.transport;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A loop that publishes until when it sleeps, so that timers which are due later need not wake it.
 *
 * <p>Netty wakes a loop for each timer that another thread sets. Most timers here are deadlines of
 * calls and are cancelled long before they are due, so nearly every wake-up would be for nothing.
 * While other threads set timers, the loop looks every few milliseconds and takes over what they
 * left, so that cancelled timers do not pile up.
 *
 * <p>The order of writes makes it safe: see {@link #runIo}. All fields but the two volatile ones
 * belong to the loop's thread.
 */
final class TimerAffineEventLoop extends SingleThreadIoEventLoop {
  /** Long enough to cost nothing, short enough that cancelled timers do not pile up. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long NO_END = Long.MAX_VALUE;

  /** It will see everything that is there before it sleeps again. */
  private static final long AWAKE = Long.MIN_VALUE;

  private volatile long sleepsUntil = AWAKE;

  /** Another thread has set a timer since the last look. */
  private volatile boolean used;

  /** This loop's thread only: a look is on the schedule. */
  private boolean looking;

  TimerAffineEventLoop(IoEventLoopGroup parent, Executor executor, IoHandlerFactory sockets) {
    super(parent, executor, sockets);
  }

  @Override
  protected int runIo() {
    if (used && !looking) {
      used = false;
      looking = true;
      var unused = schedule(() -> looking = false, LOOK_NANOS, TimeUnit.NANOSECONDS);
    }
    long next = nextScheduledTaskDeadlineNanos();
    // Said before Netty looks for tasks once more; a timer is left before this is read again. So
    // one of the two sees the other.
    sleepsUntil = next < 0 ? NO_END : next;
    try {
      return super.runIo();
    } finally {
      sleepsUntil = AWAKE;
    }
  }

  @Override
  protected boolean beforeScheduledTaskSubmitted(long deadlineNanos) {
    if (!used) {
      used = true;
    }
    return deadlineNanos < sleepsUntil;
  }

  @Override
  protected boolean afterScheduledTaskSubmitted(long deadlineNanos) {
    return deadlineNanos < sleepsUntil;
  }
}
