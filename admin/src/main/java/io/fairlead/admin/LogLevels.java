package io.fairlead.admin;

import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Changes the levels of loggers, in whichever logging API the process uses. Called by several
 * threads.
 */
@FunctionalInterface
public interface LogLevels {
  /**
   * Sets the level of a logger.
   *
   * @param logger its name; empty for the root
   * @param level null for that of the logger above it
   * @return its own level before, or null if it had none
   */
  @Nullable Level set(String logger, @Nullable Level level);

  /** Returns one for {@code java.util.logging}. */
  static LogLevels javaLogging() {
    // A logger that nobody holds on to is collected, and its level with it.
    Map<String, Logger> held = new ConcurrentHashMap<>();
    return (name, level) -> {
      Logger logger = held.computeIfAbsent(name, Logger::getLogger);
      java.util.logging.Level before = logger.getLevel();
      logger.setLevel(level == null ? null : toJava(level));
      return before == null ? null : LogBuffer.level(before.intValue());
    };
  }

  private static java.util.logging.Level toJava(Level level) {
    return switch (level) {
      case ALL -> java.util.logging.Level.ALL;
      case TRACE -> java.util.logging.Level.FINER;
      case DEBUG -> java.util.logging.Level.FINE;
      case INFO -> java.util.logging.Level.INFO;
      case WARNING -> java.util.logging.Level.WARNING;
      case ERROR -> java.util.logging.Level.SEVERE;
      case OFF -> java.util.logging.Level.OFF;
    };
  }
}
