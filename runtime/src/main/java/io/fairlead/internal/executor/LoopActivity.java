package io.fairlead.internal.executor;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The code of the application that one event loop is running. Written by the loop, read by the
 * detector.
 *
 * <p>The loop writes lazily, without a fence: the detector may see a method a little late, which is
 * harmless at a limit of 100 ms. Runs are numbered, which tells a long one from many short ones, so
 * the loop need not read a clock or make an object.
 */
public final class LoopActivity {
  private static final long NONE = 0;

  private final Thread thread;

  /** The number of the latest run; the first is 1. Written before the method, and read after it. */
  private final AtomicLong runs = new AtomicLong(NONE);

  /** What runs, or null. So who reads the method of a run finds its number, or a later one. */
  private final AtomicReference<@Nullable String> running = new AtomicReference<>();

  private int depth;

  /** The run that the watch saw last, and when it saw it first. Touched by the watch alone. */
  private long seen = NONE;

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
      runs.lazySet(runs.getPlain() + 1);
      running.lazySet(method);
    }
  }

  void exit() {
    if (--depth == 0) {
      running.lazySet(null);
    }
  }

  @Nullable String blockedLongerThan(long limitNanos, long nowNanos) {
    String method = running.get();
    long run = runs.get();
    if (method == null || run != seen) {
      seen = method == null ? NONE : run;
      seenSinceNanos = nowNanos;
      counted = false;
      return null;
    }
    return nowNanos - seenSinceNanos >= limitNanos ? method : null;
  }

  /** Whether this is the first time that this run is found to be too long. */
  boolean countOnce() {
    boolean first = !counted;
    counted = true;
    return first;
  }
}
