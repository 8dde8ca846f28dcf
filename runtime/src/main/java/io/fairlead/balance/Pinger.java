package io.fairlead.balance;

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
final class Pinger {
  private static final Duration READ_FIRST = Duration.ofMillis(100);

  private final Line line;
  private final ScheduledExecutorService timer;
  private final Duration interval;
  private final Duration patience;
  private @Nullable Future<?> next;
  private boolean ended;

  /** What is pinged. */
  interface Line {
    void ping(PingCallback answer);

    /** Ends the connection and every call on it. */
    void giveUp(Status why);
  }

  Pinger(Line line, ScheduledExecutorService timer, Duration interval, Duration patience) {
    this.line = line;
    this.timer = timer;
    this.interval = interval;
    this.patience = patience;
  }

  /** The connection stands; call it once. */
  void begin() {
    after(interval, this::ask);
  }

  synchronized void end() {
    ended = true;
    if (next != null) {
      next.cancel(false);
    }
  }

  private synchronized void after(Duration pause, Runnable task) {
    if (!ended) {
      if (next != null) {
        next.cancel(false);
      }
      next = timer.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void ask() {
    after(patience, this::silent);
    line.ping(
        new PingCallback() {
          @Override
          public void onSuccess(long roundTripNanos) {
            begin();
          }

          /** The connection is ending by itself, or will soon say so; until then it is watched. */
          @Override
          public void onFailure(Status cause) {
            begin();
          }
        });
  }

  /** If this process itself stood still, an answer that has come meanwhile is read first. */
  private void silent() {
    after(READ_FIRST, this::dead);
  }

  private void dead() {
    end();
    line.giveUp(
        Status.UNAVAILABLE.withDescription(
            "no answer to a ping in "
                + patience.toMillis()
                + " ms; the connection is taken for dead"));
  }
}
