package io.fairlead.admin;

import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Notes each action: in the log, for the application, and the last ones in memory.
 *
 * <p>Safe for use by many threads. What is refused goes to the log and to the application only, so
 * that nobody can push the actions out of memory by being refused.
 */
final class ActionLog {
  private static final System.Logger LOG = System.getLogger("io.fairlead.admin.audit");
  private static final int KEPT = 100;

  private final InstantSource clock;
  private final List<Consumer<? super AuditEvent>> listeners;
  private final ArrayDeque<AuditEvent> last = new ArrayDeque<>();

  ActionLog(InstantSource clock, List<Consumer<? super AuditEvent>> listeners) {
    this.clock = clock;
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
    tell(event);
  }

  /** Notes a call that the authorizer has refused. */
  void refused(String caller, String action, String outcome) {
    tell(event(caller, action, "", "", outcome));
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
    LOG.log(Level.INFO, event::toString);
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
