package io.fairlead.internal.executor;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.internal.Durations;
import io.netty.util.concurrent.FastThreadLocal;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds code of the application that holds an event loop, and with it every call of that loop, for
 * longer than a limit. Each method is reported once, with its name and the stack of the moment.
 *
 * <p>The runtime brackets such code with {@link #enter} and {@link #exit}, which cost three plain
 * stores. A thread of the detector looks at all loops every half limit; it exists only while there
 * are loops. Loops that have ended are dropped at the next look.
 */
public final class EventLoopBlockDetector {
  /** The limit, in milliseconds; set as a system property before the first call. */
  public static final String LIMIT_PROPERTY = "fairlead.eventLoopLimitMillis";

  private static final System.Logger LOG = System.getLogger(EventLoopBlockDetector.class.getName());
  private static final long DEFAULT_LIMIT_MILLIS = 100;

  private final long limitNanos;
  private final BiConsumer<String, Thread> report;
  private final Ticker ticker;

  @GuardedBy("activities")
  private final List<LoopActivity> activities = new ArrayList<>();

  private final Set<String> reported = ConcurrentHashMap.newKeySet();
  private final LongAdder holds = new LongAdder();
  private final FastThreadLocal<LoopActivity> slot =
      new FastThreadLocal<>() {
        @Override
        protected LoopActivity initialValue() {
          return newSlot(Thread.currentThread());
        }
      };

  EventLoopBlockDetector(long limitNanos, BiConsumer<String, Thread> report, Ticker ticker) {
    this.limitNanos = limitNanos;
    this.report = report;
    this.ticker = ticker;
  }

  /** Returns the watch of this JVM. */
  public static EventLoopBlockDetector shared() {
    return Shared.WATCH;
  }

  /**
   * Says that code of the user's begins on this thread.
   *
   * @return to be given to {@link #exit}; null when this is no event loop
   */
  public @Nullable LoopActivity enter(String method) {
    if (!EventLoops.onEventLoop()) {
      return null;
    }
    LoopActivity mine = slot.get();
    mine.enter(method);
    return mine;
  }

  /** Says that it has ended. */
  public static void exit(@Nullable LoopActivity entered) {
    if (entered != null) {
      entered.exit();
    }
  }

  /** Returns how often code of the application has held an event loop for longer than the limit. */
  public long holds() {
    return holds.sum();
  }

  private LoopActivity newSlot(Thread thread) {
    LoopActivity made = new LoopActivity(thread);
    synchronized (activities) {
      if (activities.isEmpty()) {
        ticker.begin();
      }
      activities.add(made);
    }
    return made;
  }

  /** Looks at every loop once. The caller gives the time. */
  void checkSlots(long nowNanos) {
    List<LoopActivity> living;
    synchronized (activities) {
      if (activities.removeIf(each -> !each.thread().isAlive()) && activities.isEmpty()) {
        ticker.end();
      }
      living = List.copyOf(activities);
    }
    for (LoopActivity each : living) {
      String held = each.blockedLongerThan(limitNanos, nowNanos);
      if (held != null) {
        if (each.countOnce()) {
          holds.increment();
        }
        if (reported.add(held)) {
          report.accept(held, each.thread());
        }
      }
    }
  }

  /** Looks now and then while there are loops. Called with a lock, in turn. */
  interface Ticker {
    void begin();

    void end();
  }

  private static void log(String method, Thread thread) {
    LOG.log(
        Level.WARNING,
        () ->
            "async code of "
                + method
                + " has held the event loop "
                + thread.getName()
                + " for more than "
                + Durations.format(Duration.ofMillis(Shared.LIMIT_MILLIS))
                + ", and every other call on it with it; move what blocks or computes to a"
                + " thread of yours. It is at\n"
                + Arrays.stream(thread.getStackTrace())
                    .map(frame -> "    at " + frame)
                    .collect(Collectors.joining("\n")));
  }

  private static final class Shared {
    static final long LIMIT_MILLIS =
        Math.max(1, Long.getLong(LIMIT_PROPERTY, DEFAULT_LIMIT_MILLIS));
    static final EventLoopBlockDetector WATCH =
        new EventLoopBlockDetector(
            TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS),
            EventLoopBlockDetector::log,
            new Periodic());
  }

  /** A thread that is there while there are loops. */
  private static final class Periodic implements Ticker {
    private @Nullable ScheduledExecutorService thread;

    @Override
    public void begin() {
      // Half the limit, so that what is held for 1.5 limits is always seen.
      long periodNanos = TimeUnit.MILLISECONDS.toNanos(Shared.LIMIT_MILLIS) / 2;
      ScheduledExecutorService made =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread looker = new Thread(task, "fairlead-loop-watch");
                looker.setDaemon(true);
                return looker;
              });
      thread = made;
      var unused =
          made.scheduleAtFixedRate(
              () -> Shared.WATCH.checkSlots(System.nanoTime()),
              periodNanos,
              periodNanos,
              TimeUnit.NANOSECONDS);
    }

    @Override
    public void end() {
      if (thread != null) {
        thread.shutdown();
      }
    }
  }
}
