package io.fairlead.internal.transport;

import io.fairlead.internal.Durations;
import io.grpc.Status;
import io.grpc.internal.ClientTransport.PingCallback;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pings a connection at an interval, and closes it when no reply comes in time.
 *
 * <p>So a connection on which packets vanish is found within the interval and the timeout, whether
 * calls are under way or not. There is always at most one timer: for the next ping, for its reply,
 * or for the grace after that.
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
  private @Nullable Future<?> next;
  private boolean stopped;

  /** What is pinged. */
  interface PingTarget {
    void ping(PingCallback callback);

    /** A reply has come. */
    default void replied() {}

    /** Ends the connection and every call on it. */
    void close(Status why);
  }

  KeepAlivePinger(
      PingTarget pingTarget, ScheduledExecutorService timer, Duration interval, Duration timeout) {
    this.pingTarget = pingTarget;
    this.timer = timer;
    this.interval = interval;
    this.timeout = timeout;
  }

  /** Begins; called once, when the connection is ready. */
  void start() {
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
    scheduleNext(timeout, this::onTimeout);
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
  private void onTimeout() {
    scheduleNext(READ_GRACE, this::closeTarget);
  }

  private void closeTarget() {
    stop();
    pingTarget.close(
        Status.UNAVAILABLE.withDescription(
            "no reply to a keep-alive ping within "
                + Durations.format(timeout)
                + "; the connection was closed"));
  }
}
