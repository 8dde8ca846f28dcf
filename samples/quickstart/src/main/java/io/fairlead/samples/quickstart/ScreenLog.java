package io.fairlead.samples.quickstart;

import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Puts warnings above the table; lines that others print would break its redrawing. */
final class ScreenLog extends Handler {
  private final Screen screen;
  private final Formatter words = new SimpleFormatter();

  private ScreenLog(Screen screen) {
    this.screen = screen;
    setLevel(Level.WARNING);
  }

  /** In place of what logs to the console. */
  static void to(Screen screen) {
    LogManager.getLogManager().reset();
    Logger.getLogger("").addHandler(new ScreenLog(screen));
  }

  @Override
  public void publish(LogRecord entry) {
    if (isLoggable(entry)) {
      screen.line("  " + entry.getLevel() + ": " + words.formatMessage(entry));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
