package io.fairlead.server.internal.lifecycle;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The handlers of java.util.logging as they were before the JVM began to end. Its own shutdown hook
 * takes all handlers away, at the same time as other hooks run, so a logger has none left by then.
 * A handler that writes to the console, or on to another logging library, still works.
 *
 * @param level the least level that the logger took
 */
record ShutdownLog(String logger, List<Handler> handlers, Level level) {
  /** The class that hands {@link System.Logger} on to java.util.logging. */
  private static final boolean IN_USE =
      System.LoggerFinder.getLoggerFinder()
          .getClass()
          .getName()
          .equals("sun.util.logging.internal.LoggingProviderImpl");

  /** Returns what the logger writes to now; nothing if another library takes the lines. */
  static ShutdownLog of(String name) {
    List<Handler> handlers = new ArrayList<>();
    Level level = null;
    if (IN_USE) {
      for (Logger at = Logger.getLogger(name); at != null; at = at.getParent()) {
        level = level == null ? at.getLevel() : level;
        handlers.addAll(List.of(at.getHandlers()));
        if (!at.getUseParentHandlers()) {
          break;
        }
      }
    }
    return new ShutdownLog(name, List.copyOf(handlers), level == null ? Level.INFO : level);
  }

  /** Whether the JVM ends: its hooks run, and it takes no more of them. */
  static boolean jvmIsEnding() {
    Thread probe = new Thread(() -> {}, "fairlead-probe");
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      return !Runtime.getRuntime().removeShutdownHook(probe);
    } catch (IllegalStateException ending) {
      return true;
    }
  }

  /** Whether lines have to be written here while the JVM ends. */
  boolean isNeeded() {
    return !handlers.isEmpty();
  }

  void log(System.Logger.Level said, String line) {
    Level wanted = said == System.Logger.Level.WARNING ? Level.WARNING : Level.INFO;
    if (wanted.intValue() < level.intValue()) {
      return;
    }
    LogRecord entry = new LogRecord(wanted, line);
    entry.setLoggerName(logger);
    // Else it would search the stack for the code that logs.
    entry.setSourceClassName(logger);
    boolean written = false;
    boolean closed = false;
    for (Handler handler : handlers) {
      if (handler.isLoggable(entry)) {
        handler.publish(entry);
        handler.flush();
        written = true;
      } else {
        // One that wrote to a file is closed, and takes nothing.
        closed |= wants(handler, entry);
      }
    }
    if (closed && !written) {
      System.err.println(wanted + ": " + line);
    }
  }

  /** Whether the line would be there if the handler were open: it may be told to leave it out. */
  private static boolean wants(Handler handler, LogRecord entry) {
    int least = handler.getLevel().intValue();
    Filter filter = handler.getFilter();
    return least != Level.OFF.intValue()
        && entry.getLevel().intValue() >= least
        && (filter == null || filter.isLoggable(entry));
  }
}
