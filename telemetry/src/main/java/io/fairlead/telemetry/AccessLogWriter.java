package io.fairlead.telemetry;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Writes lines on a thread of its own, so that no call waits for a disk. Lines wait in a bounded
 * queue; what finds no place is lost and counted. One warning begins a time of losses, and one
 * message ends it.
 */
final class AccessLogWriter {
  private static final System.Logger LOG = System.getLogger(AccessLog.class.getName());
  private static final Supplier<String> END = AccessLogWriter::noLine;
  private static final int FLUSH_AFTER = 1_000;

  /** After the last line, so that those of a busy process are written together. */
  static final int PAUSE_MILLIS = 5;

  private final AccessLog.Sink sink;
  private final BlockingQueue<Supplier<String>> queue;
  private final Thread thread;
  private final LongAdder written = new LongAdder();
  private final LongAdder lost = new LongAdder();

  /** Whether lines are being lost, and a warning has said so. */
  private final AtomicBoolean losing = new AtomicBoolean();

  private volatile boolean closed;

  /** Lines that the sink has taken and not written out; for the thread alone. */
  private long unflushed;

  AccessLogWriter(AccessLog.Sink sink, BlockingQueue<Supplier<String>> queue) {
    this.sink = sink;
    this.queue = queue;
    this.thread = new Thread(this::run, "fairlead-access-log");
    thread.setDaemon(true);
    thread.start();
  }

  private static String noLine() {
    return "";
  }

  /** Takes a line, which is made by the thread that writes it. Never waits. */
  void offer(Supplier<String> line) {
    if (closed || !queue.offer(line)) {
      lose(1, closed ? "it is closed" : "it has not taken the lines before, " + queue.size());
    } else if (closed && queue.remove(line)) {
      // It was closed in between, and nobody may be left to take the line.
      lose(1, "it is closed");
    }
  }

  long written() {
    return written.sum();
  }

  long lost() {
    return lost.sum();
  }

  private void lose(long lines, String why) {
    lost.add(lines);
    if (lines > 0 && losing.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "lines of the access log are lost, as its sink "
              + sink
              + " takes none: "
              + why
              + ". Calls go on; AccessLog.lost() counts");
    }
  }

  private void run() {
    try {
      for (Supplier<String> next = queue.take(); next != END; next = next()) {
        write(next);
      }
    } catch (InterruptedException e) {
      // close() has waited long enough.
    } finally {
      // From here on offer() takes its line back, so that each line is drained or taken back.
      closed = true;
      end();
      lose(drain(), "it is closed");
    }
  }

  /**
   * Returns the next line, and waits for it if there is none. Lines that come during the pause wake
   * nobody: to wake this thread costs the one that ends a call more than the line does.
   */
  private Supplier<String> next() throws InterruptedException {
    Supplier<String> waiting = queue.poll();
    if (waiting != null) {
      return waiting;
    }
    Thread.sleep(PAUSE_MILLIS);
    return queue.take();
  }

  private void write(Supplier<String> line) {
    unflushed++;
    try {
      sink.write(line.get());
      if (queue.isEmpty() || unflushed >= FLUSH_AFTER) {
        sink.flush();
        flushed();
        if (losing.compareAndSet(true, false)) {
          LOG.log(Level.INFO, "the access log is written again; lost so far: " + lost.sum());
        }
      }
    } catch (Throwable e) {
      // Also an Error loses lines only: without the thread all further ones would be lost.
      failed(e);
    }
  }

  private void flushed() {
    written.add(unflushed);
    unflushed = 0;
  }

  /** Lines that were in a buffer may have gone with what failed. */
  private void failed(Throwable why) {
    long gone = unflushed;
    unflushed = 0;
    lose(gone, String.valueOf(why));
  }

  private void end() {
    try {
      sink.close();
      flushed();
    } catch (Throwable e) {
      failed(e);
    }
  }

  /** Takes the lines that wait out of the queue, and returns how many they were. */
  private int drain() {
    int lines = 0;
    for (Supplier<String> next = queue.poll(); next != null; next = queue.poll()) {
      if (next != END) {
        lines++;
      }
    }
    return lines;
  }

  /** Writes what waits, for at most this long; what is left is lost. */
  void close(Duration limit) {
    closed = true;
    long end = System.nanoTime() + limit.toNanos();
    boolean interrupted = false;
    try {
      if (queue.offer(END, limit.toNanos(), TimeUnit.NANOSECONDS)) {
        thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (thread.isAlive()) {
      int left = drain();
      lost.add(left);
      // A sink may swallow the interrupt, so the end is told once more.
      boolean unused = queue.offer(END);
      thread.interrupt();
      LOG.log(Level.WARNING, "the access log was closed with lines in its queue: " + left);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
