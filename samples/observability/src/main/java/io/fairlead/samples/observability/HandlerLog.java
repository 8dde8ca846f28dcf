package io.fairlead.samples.observability;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The log of the instances: what it says of handlers that have failed. */
final class HandlerLog extends Handler {
  /** Loggers are held weakly, so this one is held here. */
  private final Logger logger = Logger.getLogger("io.fairlead.contract.server");

  private final List<LogRecord> records = new CopyOnWriteArrayList<>();

  static HandlerLog open() {
    HandlerLog log = new HandlerLog();
    log.logger.setUseParentHandlers(false);
    log.logger.addHandler(log);
    return log;
  }

  /** Returns the failures, with their stack traces. */
  List<LogRecord> failures() {
    return records.stream().filter(each -> each.getThrown() != null).toList();
  }

  @Override
  public void publish(LogRecord entry) {
    records.add(entry);
  }

  @Override
  public void flush() {
    // Nothing is kept back.
  }

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
