package io.fairlead.telemetry;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
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

  AccessLogWriter(AccessLog.Sink sink, int capacity) {
    this.sink = sink;
    this.queue = new ArrayBlockingQueue<>(capacity);
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
    if (losing.compareAndSet(false, true)) {
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
      while (true) {
        Supplier<String> next = queue.take();
        if (next == END) {
          break;
        }
        write(next);
      }
    } catch (InterruptedException e) {
      // close() has waited long enough.
    }
    closed = true;
    end();
  }

  private void write(Supplier<String> line) throws InterruptedException {
    unflushed++;
    try {
      sink.write(line.get());
      if (queue.isEmpty() || unflushed >= FLUSH_AFTER) {
        sink.flush();
        written.add(unflushed);
        unflushed = 0;
        if (losing.compareAndSet(true, false)) {
          LOG.log(Level.INFO, "the access log is written again; lost so far: " + lost.sum());
        }
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // Lines that were in a buffer may have gone with it.
      lose(unflushed, String.valueOf(e));
      unflushed = 0;
    }
  }

  private void end() {
    try {
      sink.close();
    } catch (Exception e) {
      lose(unflushed, String.valueOf(e));
    }
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
      int left = queue.size();
      thread.interrupt();
      lost.add(left);
      LOG.log(Level.WARNING, "the access log was closed with lines in its queue: " + left);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
