package io.fairlead.server;

import io.fairlead.internal.executor.InterruptGuard;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Asks one check, one question at a time, and keeps its last answer. */
final class ReadinessProbe {
  private static final System.Logger LOG = System.getLogger("io.fairlead.server");

  private final ReadinessRule rule;
  private final Duration interval;
  private final LifecycleClock clock;
  private final Runnable changed;
  private @Nullable InterruptGuard open;
  private long askedNanos;
  private boolean answered;
  private boolean closed;
  private ReadinessState state;

  /**
   * @param changed told after each change of the answer, without a lock
   */
  ReadinessProbe(ReadinessRule rule, Duration interval, LifecycleClock clock, Runnable changed) {
    this.rule = rule;
    this.interval = interval;
    this.clock = clock;
    this.changed = changed;
    this.state = said(false, "has not answered yet");
  }

  private ReadinessState said(boolean ready, String detail) {
    return new ReadinessState(rule.name(), rule.services(), ready, detail, clock.now());
  }

  synchronized ReadinessState state() {
    return state;
  }

  /** Whether the check covers a service; the empty name is the server as a whole. */
  boolean covers(String service) {
    return rule.services().isEmpty() || rule.services().contains(service);
  }

  /** Asks, unless the last question is still open; when that takes too long, it is the answer. */
  void ask(Executor threads) {
    InterruptGuard question = new InterruptGuard();
    boolean late;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (open == null) {
        open = question;
        askedNanos = clock.nanoTime();
      }
      late = open != question && clock.nanoTime() - askedNanos >= interval.toNanos();
    }
    if (late) {
      learn(false, "has not answered within " + interval.toMillis() + " ms");
    }
    if (!isOpen(question)) {
      return;
    }
    try {
      threads.execute(() -> answer(question));
    } catch (RejectedExecutionException full) {
      // Being busy says nothing about what the check looks at.
      LOG.log(Level.DEBUG, () -> "no thread to ask " + rule.name() + ": " + full.getMessage());
      settle(question);
    }
  }

  private synchronized boolean isOpen(InterruptGuard question) {
    return open == question;
  }

  private synchronized void settle(InterruptGuard question) {
    if (open == question) {
      open = null;
    }
  }

  private void answer(InterruptGuard question) {
    if (!question.enter()) {
      return;
    }
    boolean ready = false;
    String detail;
    try {
      ready = rule.check().ready();
      detail = ready ? "is ready" : "says no";
    } catch (Throwable e) { // of the user's: whatever it is, the check did not say yes
      detail = "failed: " + e;
    } finally {
      question.exit();
    }
    settle(question);
    learn(ready, detail);
  }

  private void learn(boolean ready, String detail) {
    synchronized (this) {
      if (closed || (answered && state.ready() == ready && state.detail().equals(detail))) {
        return;
      }
      answered = true;
      state = said(ready, detail);
    }
    changed.run();
  }

  /** Takes no more answers, and interrupts a question that is open. */
  void close() {
    InterruptGuard last;
    synchronized (this) {
      closed = true;
      last = open;
    }
    if (last != null) {
      last.interrupt();
    }
  }
}
