package io.fairlead.testkit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * What a logger, and those below it, say at INFO or above while this is open, from whichever
 * thread. Tests beside this one may log too: ask for text that is yours. Whoever opens it closes
 * it.
 */
public final class LogCapture extends Handler implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Logger logger;
  private final Formatter formatter = new SimpleFormatter();
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();

  private LogCapture(Logger logger) {
    this.logger = logger;
  }

  /** Opens one on the logger of this name. */
  public static LogCapture of(String logger) {
    LogCapture capture = new LogCapture(Logger.getLogger(logger));
    capture.setLevel(Level.INFO);
    capture.logger.addHandler(capture);
    return capture;
  }

  /** Returns all that was said so far, in order. */
  public List<String> lines() {
    return records.stream().map(formatter::formatMessage).toList();
  }

  /** Returns those of {@link #lines()} that contain this text. */
  public List<String> with(String text) {
    return lines().stream().filter(line -> line.contains(text)).toList();
  }

  /** Returns those of {@link #lines()} that a stack trace follows. */
  public List<String> withStack() {
    return records.stream()
        .filter(one -> one.getThrown() != null)
        .map(formatter::formatMessage)
        .toList();
  }

  /** Returns those of {@link #lines()} that are warnings. */
  public List<String> warnings() {
    return records.stream()
        .filter(one -> one.getLevel().equals(Level.WARNING))
        .map(formatter::formatMessage)
        .toList();
  }

  /**
   * Waits for the first thing said, with its cause; until then, does this again and again.
   *
   * @throws AssertionError when nothing is said in a minute
   */
  public String awaitFirst(Runnable meanwhile) {
    long start = System.nanoTime();
    while (records.isEmpty()) {
      if (System.nanoTime() - start > TIMEOUT.toNanos()) {
        throw new AssertionError(
            logger.getName() + " logged nothing within " + DurationText.format(TIMEOUT));
      }
      meanwhile.run();
      LockSupport.parkNanos(5_000_000);
    }
    LogRecord first = records.get(0);
    Throwable thrown = first.getThrown();
    // A stack trace that only shows a place has nothing to add.
    boolean cause = thrown != null && thrown.getClass() != Throwable.class;
    return formatter.formatMessage(first) + (cause ? ": " + thrown.getMessage() : "");
  }

  @Override
  public void publish(LogRecord entry) {
    if (isLoggable(entry)) {
      records.add(entry);
    }
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
