package io.fairlead.internal.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Status;
import io.grpc.internal.ClientTransport.PingCallback;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pings a connection at an interval, and reports when no reply comes in time.
 *
 * <p>So a connection on which packets vanish is found within the interval and the timeout, whether
 * calls are under way or not. No second ping is sent while a reply is missing; that is reported
 * again after each timeout. There is always at most one timer: for the next ping, for its reply, or
 * for the grace after that.
 *
 * <p>Timers run on the event loops, replies arrive on that of the connection, and {@link #stop} may
 * be called by any thread; the lock orders them. {@link KeepAliveTransport} starts and stops it.
 */
final class KeepAlivePinger {
  /** Time to read what has arrived while this process itself stood still. */
  private static final Duration READ_GRACE = Duration.ofMillis(100);

  private final PingTarget pingTarget;
  private final ScheduledExecutorService timer;
  private final Duration interval;
  private final Duration timeout;

  @GuardedBy("this")
  private @Nullable Future<?> next;

  /** Whether a ping has no reply yet. A timer that was too late to be cancelled finds it false. */
  @GuardedBy("this")
  private boolean awaiting;

  @GuardedBy("this")
  private boolean stopped;

  /** What is pinged. */
  interface PingTarget {
    void ping(PingCallback callback);

    /** No reply has come in time; called after each timeout until one comes. */
    void noReply();

    /** The reply has come, in time or late. */
    void replied();
  }

  KeepAlivePinger(
      PingTarget pingTarget, ScheduledExecutorService timer, Duration interval, Duration timeout) {
    this.pingTarget = pingTarget;
    this.timer = timer;
    this.interval = interval;
    this.timeout = timeout;
  }

  /** Begins; called when the connection is ready, and after each reply. */
  synchronized void start() {
    awaiting = false;
    scheduleNext(interval, this::sendPing);
  }

  synchronized void stop() {
    stopped = true;
    if (next != null) {
      next.cancel(false);
    }
  }

  private synchronized void scheduleNext(Duration delay, Runnable task) {
    if (!stopped) {
      if (next != null) {
        next.cancel(false);
      }
      next = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void sendPing() {
    synchronized (this) {
      awaiting = true;
      scheduleNext(timeout, this::onTimeout);
    }
    pingTarget.ping(
        new PingCallback() {
          @Override
          public void onSuccess(long roundTripNanos) {
            pingTarget.replied();
            start();
          }

          /**
           * Goes on: a connection that refuses pings is about to end, and is watched until then.
           */
          @Override
          public void onFailure(Status cause) {
            start();
          }
        });
  }

  /** If this process itself stood still, an answer that has come meanwhile is read first. */
  private synchronized void onTimeout() {
    if (awaiting) {
      scheduleNext(READ_GRACE, this::reportNoReply);
    }
  }

  private void reportNoReply() {
    synchronized (this) {
      if (!awaiting) {
        return;
      }
      scheduleNext(timeout, this::onTimeout);
    }
    pingTarget.noReply();
  }
}
