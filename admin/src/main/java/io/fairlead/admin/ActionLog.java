package io.fairlead.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Notes each action: in the log, for the application, and the last ones in memory.
 *
 * <p>Safe for use by many threads. What is refused goes to the log and to the application only, so
 * that nobody can push the actions out of memory by being refused. The log has one refusal a second
 * and the number of the others, so that nobody can fill a disk with it either.
 */
final class ActionLog {
  private static final System.Logger LOG = System.getLogger("io.fairlead.admin.audit");
  private static final int KEPT = 100;
  private static final long SECOND = 1_000_000_000;

  private final InstantSource clock;
  private final List<Consumer<? super AuditEvent>> listeners;
  private final LongSupplier nanoClock;

  private final Object lock = new Object();

  /** Refusals that the log has not named since the last line; -1 before the first. */
  @GuardedBy("lock")
  private long unlogged = -1;

  @GuardedBy("lock")
  private long lineNanos;

  private final ArrayDeque<AuditEvent> last = new ArrayDeque<>();

  ActionLog(
      InstantSource clock, LongSupplier nanoClock, List<Consumer<? super AuditEvent>> listeners) {
    this.clock = clock;
    this.nanoClock = nanoClock;
    this.listeners = List.copyOf(listeners);
  }

  /** Notes an action that was tried. */
  void add(String caller, String action, String arguments, String reason, String outcome) {
    AuditEvent event = event(caller, action, arguments, reason, outcome);
    synchronized (last) {
      last.add(event);
      if (last.size() > KEPT) {
        last.removeFirst();
      }
    }
    LOG.log(Level.INFO, event::toString);
    tell(event);
  }

  /** Notes a call that the authorizer has refused. */
  void refused(String caller, String action, String outcome) {
    AuditEvent event = event(caller, action, "", "", outcome);
    long others = admit();
    if (others >= 0) {
      LOG.log(
          Level.INFO,
          () -> event + (others == 0 ? "" : "; " + others + " more refusals were not logged"));
    }
    tell(event);
  }

  /** Returns how many refusals the log has left out, or -1 if this one is left out too. */
  private long admit() {
    synchronized (lock) {
      long now = nanoClock.getAsLong();
      if (unlogged >= 0 && now - lineNanos < SECOND) {
        unlogged++;
        return -1;
      }
      long others = Math.max(0, unlogged);
      unlogged = 0;
      lineNanos = now;
      return others;
    }
  }

  private AuditEvent event(
      String caller, String action, String arguments, String reason, String outcome) {
    return new AuditEvent(
        clock.instant(),
        oneLine(caller),
        action,
        oneLine(arguments),
        oneLine(reason),
        oneLine(outcome));
  }

  /** Callers choose these texts; none of them may look like a further line of the log. */
  static String oneLine(String text) {
    String cut = text.length() > 500 ? text.substring(0, 500) + "..." : text;
    return cut.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", " ");
  }

  private void tell(AuditEvent event) {
    for (Consumer<? super AuditEvent> listener : listeners) {
      try {
        listener.accept(event);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener of audit events failed at \"" + event + "\"", e);
      }
    }
  }

  /** Returns the last actions, oldest first. */
  List<AuditEvent> last() {
    synchronized (last) {
      return List.copyOf(last);
    }
  }
}
