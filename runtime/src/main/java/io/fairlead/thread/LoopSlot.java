package io.fairlead.thread;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What one event loop is busy with. Written by the loop, read by the watch. */
public final class LoopSlot {
  private final Thread thread;
  private final AtomicReference<@Nullable Turn> running = new AtomicReference<>();

  private int depth;

  /** What the watch saw last, and when it saw it first. Touched by the watch alone. */
  private @Nullable Turn seen;

  private long seenSinceNanos;

  LoopSlot(Thread thread) {
    this.thread = thread;
  }

  Thread thread() {
    return thread;
  }

  void enter(String method) {
    // Code inside code: the outermost holds the loop, however often the inner one changes.
    if (depth++ == 0) {
      running.lazySet(new Turn(method));
    }
  }

  void exit() {
    if (--depth == 0) {
      running.lazySet(null);
    }
  }

  @Nullable String heldLongerThan(long limitNanos, long nowNanos) {
    Turn now = running.get();
    if (now == null || now != seen) {
      seen = now;
      seenSinceNanos = nowNanos;
      return null;
    }
    return nowNanos - seenSinceNanos >= limitNanos ? now.method() : null;
  }

  /** Identity tells one turn from the next of the same method. */
  private static final class Turn {
    private final String method;

    Turn(String method) {
      this.method = method;
    }

    String method() {
      return method;
    }
  }
}
