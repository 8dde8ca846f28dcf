package io.fairlead.internal.transport;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A loop that says until when it sleeps, so that timers which are due later need not wake it. While
 * other threads set timers it looks after them every few milliseconds, and takes what they left.
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
