package io.fairlead.server.internal.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.lifecycle.ServerState;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The steps that a server has taken. Each is one log line and one entry of the history, and
 * observers hear of it.
 *
 * <p>The states are kept under a lock, as any thread may ask for them. Logging happens on the
 * thread that takes the step, outside of the lock; only while the JVM ends it happens inside.
 * Observers are told there as well, always outside.
 */
final class LifecycleLog {
  private static final String NAME = "io.fairlead.server";

  /** The steps that are kept: the first ones, those of the start, and the latest. */
  private static final int KEPT_FIRST = 10;

  private static final int KEPT = 100;
  private static final System.Logger LOG = System.getLogger(NAME);

  private final String name;
  private final LifecycleClock clock;
  private final Consumer<ServerState> observer;

  @GuardedBy("this")
  private final List<ServerState> states = new ArrayList<>();

  @GuardedBy("this")
  private ShutdownLog shutdownLog = ShutdownLog.of(NAME);

  LifecycleLog(String name, LifecycleClock clock, Consumer<ServerState> observer) {
    this.name = name;
    this.clock = clock;
    this.observer = observer;
  }

  void enter(ServerState.Phase phase, String detail) {
    enter(phase, detail, Level.INFO);
  }

  /** Notes a step that could not be taken in full, as a warning. */
  void enterWithLoss(ServerState.Phase phase, String detail) {
    enter(phase, detail, Level.WARNING);
  }

  private void enter(ServerState.Phase phase, String detail, Level level) {
    ServerState state = new ServerState(phase, clock.now(), detail);
    log(state, "server " + name + " " + phase + ": " + detail, level);
    observer.accept(state);
  }

  private void log(ServerState state, String line, Level level) {
    synchronized (this) {
      states.add(state);
      if (states.size() > KEPT) {
        states.remove(KEPT_FIRST);
      }
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
