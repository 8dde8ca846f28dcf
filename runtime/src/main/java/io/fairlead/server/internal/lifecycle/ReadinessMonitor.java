package io.fairlead.server.internal.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.lifecycle.ReadinessState;
import io.fairlead.server.internal.service.HealthStatuses;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks the checks of a server, and sets the health status that follows for each service.
 *
 * <p>A timer of the server's event loops starts a round at each interval. The checks run on the
 * handler threads, as they may block, and a check that hangs holds one thread. While the server
 * starts, rounds follow each other quickly, because somebody waits for it; health does not change
 * before every check has said yes once.
 *
 * <p>The lock orders changes, so that health and log see them as they happened. The lifecycle
 * starts and closes it.
 */
final class ReadinessMonitor {
  private static final System.Logger LOG = System.getLogger("io.fairlead.server");

  /** While a server starts, somebody waits for it. */
  private static final Duration LONGEST_WAIT_AT_START = Duration.ofMillis(250);

  private final String server;
  private final HealthStatuses healthStatus;
  private final List<ReadinessProbe> probes = new ArrayList<>();
  private final Duration interval;
  private final ScheduledExecutorService timer;
  private final Executor threads;

  /** What health said last, by service; a change is logged, the first state is not. */
  @GuardedBy("this")
  private final Map<String, Boolean> reportedStates = new LinkedHashMap<>();

  /** Whether every check has said yes once; health follows the checks from then on. */
  @GuardedBy("this")
  private boolean begun;

  /** Whether health says NOT_SERVING whatever the checks say. */
  @GuardedBy("this")
  private boolean drained;

  /** Hears once that health says SERVING as a whole again; null if nobody waits for that. */
  @GuardedBy("this")
  private @Nullable Runnable onServing;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private @Nullable ScheduledFuture<?> next;

  ReadinessMonitor(
      String server,
      ReadinessConfig config,
      HealthStatuses health,
      ScheduledExecutorService timer,
      Executor threads,
      LifecycleClock clock) {
    this.server = server;
    this.healthStatus = health;
    this.interval = config.interval();
    this.timer = timer;
    this.threads = threads;
    Set<String> known = new TreeSet<>(health.services());
    for (ReadinessCheckConfig check : config.checks()) {
      refuseUnknown(check, known);
      probes.add(new ReadinessProbe(check, interval, clock, this::changed));
    }
  }

  private static void refuseUnknown(ReadinessCheckConfig check, Set<String> known) {
    for (String service : check.services()) {
      if (!known.contains(service)) {
        throw new IllegalStateException(
            ("the readiness check \"%s\" is for the service %s, which this server does"
                    + " not serve; it serves %s")
                .formatted(check.name(), service, String.join(", ", known)));
      }
    }
  }

  /** Asks every check, and goes on with that until {@link #close}. */
  void start() {
    if (!probes.isEmpty()) {
      runChecks();
    }
  }

  private void runChecks() {
    probes.forEach(probe -> probe.startCheck(threads));
    synchronized (this) {
      if (!closed) {
        next = timer.schedule(this::runChecks, nextDelay().toNanos(), TimeUnit.NANOSECONDS);
      }
    }
  }

  @GuardedBy("this")
  private Duration nextDelay() {
    return begun || interval.compareTo(LONGEST_WAIT_AT_START) < 0
        ? interval
        : LONGEST_WAIT_AT_START;
  }

  /**
   * Waits until every check says yes; from then on health follows them.
   *
   * @return what is missing when the time was up; empty if nothing is
   */
  synchronized List<ReadinessState> awaitReady(Duration bound) {
    long end = System.nanoTime() + bound.toNanos();
    List<ReadinessState> missing = missing();
    while (!missing.isEmpty()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return missing;
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, left));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return missing;
      }
      missing = missing();
    }
    begun = true;
    publishStatus();
    return missing;
  }

  private List<ReadinessState> missing() {
    return states().stream().filter(state -> !state.ready()).toList();
  }

  private void changed() {
    synchronized (this) {
      notifyAll();
      if (begun && !closed) {
        publishStatus();
      }
    }
    tellServing();
  }

  /**
   * Sets whether health says NOT_SERVING whatever the checks say.
   *
   * @return whether that is new; the caller logs it
   */
  synchronized boolean setDrained(boolean value) {
    if (drained == value) {
      return false;
    }
    drained = value;
    onServing = null;
    if (begun && !closed) {
      publishStatus();
    }
    return true;
  }

  /**
   * Runs an action once, without the lock, when the checks of the server as a whole say yes: now or
   * later. Never if the server is drained or closed before that.
   */
  void whenServing(Runnable action) {
    synchronized (this) {
      onServing = drained || closed ? null : action;
    }
    tellServing();
  }

  private void tellServing() {
    Runnable told;
    synchronized (this) {
      if (onServing == null || closed || !missing("").isEmpty()) {
        return;
      }
      told = onServing;
      onServing = null;
    }
    told.run();
  }

  synchronized boolean isDrained() {
    return drained;
  }

  /** Under the lock, so that two changes are told in their order. */
  @GuardedBy("this")
  private void publishStatus() {
    publishStatus("");
    for (String service : healthStatus.services()) {
      publishStatus(service);
    }
  }

  /** Returns the checks of a service that say no; the empty name is the server as a whole. */
  List<ReadinessState> missing(String service) {
    return probes.stream()
        .filter(probe -> probe.covers(service))
        .map(ReadinessProbe::state)
        .filter(state -> !state.ready())
        .toList();
  }

  @GuardedBy("this")
  private void publishStatus(String service) {
    List<ReadinessState> missing = missing(service);
    boolean serving = !drained && missing.isEmpty();
    Boolean before = reportedStates.put(service, serving);
    if (before != null && before == serving) {
      return;
    }
    healthStatus.set(service, serving);
    if (before != null && !drained) {
      log(service, missing);
    }
  }

  private void log(String service, List<ReadinessState> missing) {
    String what = service.isEmpty() ? "as a whole" : service;
    if (missing.isEmpty()) {
      LOG.log(Level.INFO, () -> "server " + server + " " + what + ": health says SERVING again");
    } else {
      String why = describe(missing);
      LOG.log(
          Level.WARNING,
          () -> "server " + server + " " + what + ": health says NOT_SERVING: " + why);
    }
  }

  /** Returns what is missing, in words. */
  static String describe(List<ReadinessState> missing) {
    return String.join("; ", missing.stream().map(ReadinessState::toString).toList());
  }

  List<ReadinessState> states() {
    return probes.stream().map(ReadinessProbe::state).toList();
  }

  /** Asks no more. */
  void close() {
    synchronized (this) {
      closed = true;
      if (next != null) {
        next.cancel(false);
      }
    }
    probes.forEach(ReadinessProbe::close);
  }
}
