package io.fairlead.internal.executor;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What one event loop is busy with. Written by the loop, read by the watch. */
public final class LoopActivity {
  private final Thread thread;
  private final AtomicReference<@Nullable RunningMethod> running = new AtomicReference<>();

  private int depth;

  /** What the watch saw last, and when it saw it first. Touched by the watch alone. */
  private @Nullable RunningMethod seen;

  private long seenSinceNanos;

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
      return null;
    }
    return nowNanos - seenSinceNanos >= limitNanos ? now.method() : null;
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
