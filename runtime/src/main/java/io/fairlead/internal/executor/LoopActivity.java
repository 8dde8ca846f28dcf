package io.fairlead.internal.executor;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The code of the application that one event loop is running. Written by the loop, read by the
 * detector.
 *
 * <p>The loop writes lazily, without a fence: the detector may see a method a little late, which is
 * harmless at a limit of 100 ms. Each run of a method is a new object, so that identity tells a
 * long run from many short ones, and the loop need not read a clock.
 */
public final class LoopActivity {
  private final Thread thread;
  private final AtomicReference<@Nullable RunningMethod> running = new AtomicReference<>();

  private int depth;

  /** What the watch saw last, and when it saw it first. Touched by the watch alone. */
  private @Nullable RunningMethod seen;

  private long seenSinceNanos;
  private boolean counted;

  LoopActivity(Thread thread) {
    this.thread = thread;
  }

  Thread thread() {
    return thread;
  }

  void enter(String method) {
    // Code inside code: the outermost holds the loop, however often the inner one changes.
    if (depth++ == 0) {
      running.lazySet(new RunningMethod(method));
    }
  }

  void exit() {
    if (--depth == 0) {
      running.lazySet(null);
    }
  }

  @Nullable String blockedLongerThan(long limitNanos, long nowNanos) {
    RunningMethod now = running.get();
    if (now == null || now != seen) {
      seen = now;
      seenSinceNanos = nowNanos;
      counted = false;
      return null;
    }
    return nowNanos - seenSinceNanos >= limitNanos ? now.method() : null;
  }

  /** Whether this is the first time that this run is found to be too long. */
  boolean countOnce() {
    boolean first = !counted;
    counted = true;
    return first;
  }

  /** Identity tells one run of a method from its next. */
  private static final class RunningMethod {
    private final String method;

    RunningMethod(String method) {
      this.method = method;
    }

    String method() {
      return method;
    }
  }
}
