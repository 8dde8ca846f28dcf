package io.fairlead.registry.etcd;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What the registry logs, from {@link #start} to close; the tests beside this one log too. */
final class LogLines extends Handler implements AutoCloseable {
  private final Logger logger = Logger.getLogger(LogLines.class.getPackageName());
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final SimpleFormatter formatter = new SimpleFormatter();

  private LogLines() {}

  static LogLines start() {
    LogLines lines = new LogLines();
    lines.logger.addHandler(lines);
    return lines;
  }

  /** Those at INFO or above with this text in it, in order. */
  List<String> with(String text) {
    return lines.stream().filter(line -> line.contains(text)).toList();
  }

  @Override
  public void publish(LogRecord entry) {
    if (entry.getLevel().intValue() >= Level.INFO.intValue()) {
      lines.add(entry.getLevel() + " " + formatter.formatMessage(entry));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
