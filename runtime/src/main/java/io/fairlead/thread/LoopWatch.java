package io.fairlead.thread;

import io.netty.util.concurrent.FastThreadLocal;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds code of the user's that holds an event loop, and with it every call of that loop, for
 * longer than a limit. Each method is reported once, with its name and the stack of the moment.
 *
 * <p>The runtime brackets such code with {@link #enter} and {@link #exit}, which cost two plain
 * stores; a thread of the watch's own looks at the clock.
 */
public final class LoopWatch {
  /** The limit, in milliseconds; set as a system property before the first call. */
  public static final String LIMIT_PROPERTY = "fairlead.loopLimitMillis";

  private static final System.Logger LOG = System.getLogger(LoopWatch.class.getName());
  private static final long DEFAULT_LIMIT_MILLIS = 100;

  private final long limitNanos;
  private final BiConsumer<String, Thread> report;
  private final Looking looking;
  private final List<LoopSlot> slots = new ArrayList<>();
  private final Set<String> reported = ConcurrentHashMap.newKeySet();
  private final FastThreadLocal<LoopSlot> slot =
      new FastThreadLocal<>() {
        @Override
        protected LoopSlot initialValue() {
          return newSlot(Thread.currentThread());
        }
      };

  LoopWatch(long limitNanos, BiConsumer<String, Thread> report, Looking looking) {
    this.limitNanos = limitNanos;
    this.report = report;
    this.looking = looking;
  }

  /** The watch of this JVM. */
  public static LoopWatch shared() {
    return Shared.WATCH;
  }

  /**
   * Says that code of the user's begins on this thread.
   *
   * @return to be given to {@link #exit}; null when this is no event loop
   */
  public @Nullable LoopSlot enter(String method) {
    if (!EventLoops.onEventLoop()) {
      return null;
    }
    LoopSlot mine = slot.get();
    mine.enter(method);
    return mine;
  }

  /** Says that it has ended. */
  public static void exit(@Nullable LoopSlot entered) {
    if (entered != null) {
      entered.exit();
    }
  }

  private LoopSlot newSlot(Thread thread) {
    LoopSlot made = new LoopSlot(thread);
    synchronized (slots) {
      if (slots.isEmpty()) {
        looking.begin();
      }
      slots.add(made);
    }
    return made;
  }

  /** One look at every loop. The time is the caller's. */
  void look(long nowNanos) {
    List<LoopSlot> living;
    synchronized (slots) {
      if (slots.removeIf(each -> !each.thread().isAlive()) && slots.isEmpty()) {
        looking.end();
      }
      living = List.copyOf(slots);
    }
    for (LoopSlot each : living) {
      String held = each.heldLongerThan(limitNanos, nowNanos);
      if (held != null && reported.add(held)) {
        report.accept(held, each.thread());
      }
    }
  }

  /** Looks now and then while there are loops. Called with a lock, in turn. */
  interface Looking {
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
                + Shared.LIMIT_MILLIS
                + " ms, and every other call on it with it; move what blocks or computes to a thread"
                + " of yours. It is at\n"
                + Arrays.stream(thread.getStackTrace())
                    .map(frame -> "    at " + frame)
                    .collect(Collectors.joining("\n")));
  }

  private static final class Shared {
    static final long LIMIT_MILLIS =
        Math.max(1, Long.getLong(LIMIT_PROPERTY, DEFAULT_LIMIT_MILLIS));
    static final LoopWatch WATCH =
        new LoopWatch(TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS), LoopWatch::log, new Periodic());
  }

  /** A thread that is there while there are loops. */
  private static final class Periodic implements Looking {
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
              () -> Shared.WATCH.look(System.nanoTime()),
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
