package io.fairlead.server.internal.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.lifecycle.ServerState;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps that a server has taken. Each is one log line and one entry of the history.
 *
 * <p>The states are kept under a lock, as any thread may ask for them. Logging happens on the
 * thread that takes the step, outside of the lock; only while the JVM ends it happens inside.
 */
final class LifecycleLog {
  private static final String NAME = "io.fairlead.server";
  private static final System.Logger LOG = System.getLogger(NAME);

  private final String name;
  private final LifecycleClock clock;

  @GuardedBy("this")
  private final List<ServerState> states = new ArrayList<>();

  @GuardedBy("this")
  private ShutdownLog shutdownLog = ShutdownLog.of(NAME);

  LifecycleLog(String name, LifecycleClock clock) {
    this.name = name;
    this.clock = clock;
  }

  void enter(ServerState.Phase phase, String detail) {
    enter(phase, detail, Level.INFO);
  }

  /** Notes a step that could not be taken in full, as a warning. */
  void enterWithLoss(ServerState.Phase phase, String detail) {
    enter(phase, detail, Level.WARNING);
  }

  private void enter(ServerState.Phase phase, String detail, Level level) {
    Instant now = clock.now();
    String line = "server " + name + " " + phase + ": " + detail;
    synchronized (this) {
      states.add(new ServerState(phase, now, detail));
      if (ShutdownLog.jvmIsEnding() && shutdownLog.isNeeded()) {
        shutdownLog.log(level, line);
        return;
      }
      // Handlers may have come since the last step.
      shutdownLog = ShutdownLog.of(NAME);
    }
    LOG.log(level, line);
  }

  synchronized List<ServerState> all() {
    return List.copyOf(states);
  }

  synchronized ServerState last() {
    return states.get(states.size() - 1);
  }
}
