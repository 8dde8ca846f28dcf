package io.fairlead.internal.transport;

import io.grpc.Status;
import io.grpc.internal.ClientTransport.PingCallback;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks a connection every so often whether it lives, and gives it up when no answer comes in time.
 * So a connection on which packets vanish is found within interval and patience.
 */
final class KeepAlivePinger {
  private static final Duration READ_GRACE = Duration.ofMillis(100);

  private final PingTarget pingTarget;
  private final ScheduledExecutorService timer;
  private final Duration interval;
  private final Duration timeout;
  private @Nullable Future<?> next;
  private boolean stopped;

  /** What is pinged. */
  interface PingTarget {
    void ping(PingCallback answer);

    /** Ends the connection and every call on it. */
    void close(Status why);
  }

  KeepAlivePinger(
      PingTarget pingTarget, ScheduledExecutorService timer, Duration interval, Duration patience) {
    this.pingTarget = pingTarget;
    this.timer = timer;
    this.interval = interval;
    this.timeout = patience;
  }

  /** The connection stands; call it once. */
  void start() {
    scheduleNext(interval, this::sendPing);
  }

  synchronized void stop() {
    stopped = true;
    if (next != null) {
      next.cancel(false);
    }
  }

  private synchronized void scheduleNext(Duration pause, Runnable task) {
    if (!stopped) {
      if (next != null) {
        next.cancel(false);
      }
      next = timer.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void sendPing() {
    scheduleNext(timeout, this::onTimeout);
    pingTarget.ping(
        new PingCallback() {
          @Override
          public void onSuccess(long roundTripNanos) {
            start();
          }

          /** The connection is ending by itself, or will soon say so; until then it is watched. */
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
            "no answer to a ping in "
                + timeout.toMillis()
                + " ms; the connection is taken for dead"));
  }
}
