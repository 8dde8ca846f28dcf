package io.fairlead.docs;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What a logger says while this is open. */
final class Heard extends Handler implements AutoCloseable {
  private static final long BOUND_SECONDS = 60;

  private final Logger logger;
  private final BlockingQueue<LogRecord> records = new LinkedBlockingQueue<>();

  private Heard(Logger logger) {
    this.logger = logger;
  }

  static Heard from(String logger) {
    Heard heard = new Heard(Logger.getLogger(logger));
    heard.logger.addHandler(heard);
    return heard;
  }

  /** The first thing said, with its cause; until then this is done again and again. */
  String first(Runnable meanwhile) {
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS);
      while (System.nanoTime() - end < 0) {
        meanwhile.run();
        LogRecord record = records.poll(10, TimeUnit.MILLISECONDS);
        if (record != null) {
          Throwable thrown = record.getThrown();
          // A stack trace that only shows a place has nothing to add.
          boolean cause = thrown != null && thrown.getClass() != Throwable.class;
          return record.getMessage() + (cause ? ": " + thrown.getMessage() : "");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new AssertionError(logger.getName() + " said nothing in " + BOUND_SECONDS + " s");
  }

  @Override
  public void publish(LogRecord record) {
    records.add(record);
  }

  @Override
  public void flush() {
    // Nothing is buffered.
  }

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
