package io.fairlead.server.internal.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.internal.Durations;
import io.fairlead.internal.executor.InterruptGuard;
import io.fairlead.lifecycle.ReadinessState;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Asks one check, one question at a time, and keeps its last answer.
 *
 * <p>A question that is open for longer than the interval counts as "no", and no further one is
 * asked until it ends. The check's code runs without a lock. {@link InterruptGuard} lets the end of
 * the server interrupt a check that hangs, and nothing else on that thread.
 */
final class ReadinessProbe {
  private static final System.Logger LOG = System.getLogger("io.fairlead.server");

  private final ReadinessCheckConfig config;
  private final Duration interval;
  private final LifecycleClock clock;
  private final Runnable changed;

  /**
   * The question that is open; null between two. Its identity tells a late answer from a new one.
   */
  @GuardedBy("this")
  private @Nullable InterruptGuard running;

  @GuardedBy("this")
  private long checkStartedNanos;

  /** Whether there was an answer; the state before it is a placeholder. */
  @GuardedBy("this")
  private boolean hasResult;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private ReadinessState state;

  /**
   * @param changed told after each change of the answer, without a lock
   */
  ReadinessProbe(
      ReadinessCheckConfig check, Duration interval, LifecycleClock clock, Runnable changed) {
    this.config = check;
    this.interval = interval;
    this.clock = clock;
    this.changed = changed;
    this.state = newState(false, "has not answered yet");
  }

  private ReadinessState newState(boolean ready, String detail) {
    return new ReadinessState(config.name(), config.services(), ready, detail, clock.now());
  }

  synchronized ReadinessState state() {
    return state;
  }

  /** Returns whether the check covers a service; the empty name is the server as a whole. */
  boolean covers(String service) {
    return config.services().isEmpty() || config.services().contains(service);
  }

  /** Asks, unless the last question is still open; when that takes too long, it is the answer. */
  void startCheck(Executor threads) {
    InterruptGuard question = new InterruptGuard();
    boolean late;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (running == null) {
        running = question;
        checkStartedNanos = clock.nanoTime();
      }
      late = running != question && clock.nanoTime() - checkStartedNanos >= interval.toNanos();
    }
    if (late) {
      updateState(false, "has not answered within " + Durations.format(interval));
    }
    if (!isRunning(question)) {
      return;
    }
    try {
      threads.execute(() -> runCheck(question));
    } catch (RejectedExecutionException full) {
      // Being busy says nothing about what the check looks at.
      LOG.log(Level.DEBUG, () -> "no thread to ask " + config.name() + ": " + full.getMessage());
      finish(question);
    }
  }

  private synchronized boolean isRunning(InterruptGuard question) {
    return running == question;
  }

  private synchronized void finish(InterruptGuard question) {
    if (running == question) {
      running = null;
    }
  }

  private void runCheck(InterruptGuard question) {
    if (!question.enter()) {
      return;
    }
    boolean ready = false;
    String detail;
    try {
      ready = config.check().ready();
      detail = ready ? "is ready" : "says no";
    } catch (Throwable e) { // of the user's: whatever it is, the check did not say yes
      detail = "failed: " + e;
    } finally {
      question.exit();
    }
    finish(question);
    updateState(ready, detail);
  }

  private void updateState(boolean ready, String detail) {
    synchronized (this) {
      if (closed || (hasResult && state.ready() == ready && state.detail().equals(detail))) {
        return;
      }
      hasResult = true;
      state = newState(ready, detail);
    }
    changed.run();
  }

  /** Takes no more answers, and interrupts a question that is open. */
  void close() {
    InterruptGuard last;
    synchronized (this) {
      closed = true;
      last = running;
    }
    if (last != null) {
      last.interrupt();
    }
  }
}
