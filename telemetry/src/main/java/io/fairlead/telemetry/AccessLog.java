package io.fairlead.telemetry;

import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.AccessLogLine.Kept;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a line of JSON for calls that failed, that were slow, and for a sample of the others. It
 * is an observer of channels and of servers, one for all of a process.
 *
 * <pre>{@code
 * AccessLog log = AccessLog.toFile(Path.of("access.log")).sample(0.01).build();
 * RpcServer server = RpcServer.builder("inventory").observer(log)....start();
 * RpcChannel channel = RpcChannel.to("etcd:///pricing").observer(log).build();
 * }</pre>
 *
 * <p>Lines are written on a thread of their own. When they cannot be written, or there are more
 * than {@link Builder#maxLinesPerSecond}, calls go on without them; {@link #lost} and {@link
 * #overLimit} count. Safe for use by many threads. Close it after servers and channels.
 */
public final class AccessLog implements CallObserver, ServerCallObserver, AutoCloseable {
  private final AccessLogWriter writer;
  private final long slowNanos;
  private final double sample;
  private final int maxLinesPerSecond;
  private final Clock clock;
  private final DoubleSupplier random;

  /** The second of the last line in its upper part, and the lines of that second below. */
  private final AtomicLong window = new AtomicLong();

  private final AtomicLong overLimit = new AtomicLong();
  private final AtomicLong overLimitTold = new AtomicLong();

  private AccessLog(Builder builder) {
    this.slowNanos = builder.slow.toNanos();
    this.sample = builder.sample;
    this.maxLinesPerSecond = builder.maxLinesPerSecond;
    this.clock = builder.clock;
    this.random = builder.random;
    this.writer = new AccessLogWriter(builder.sink, new ArrayBlockingQueue<>(builder.queueSize));
  }

  /** Where lines go. Used by one thread at a time. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes one line, without a line break. It may block: lines wait meanwhile, and are lost when
     * too many wait. What it throws loses the line.
     */
    void write(String line) throws Exception;

    /** Writes out what it has kept back. Called when no further line waits. */
    default void flush() throws Exception {}

    /** Ends it. Called once, by {@link AccessLog#close}. */
    default void close() throws Exception {}
  }

  /** Starts a log in a file, which is appended to. See {@link Builder#rotate}. */
  public static Builder toFile(Path file) {
    return new Builder(Objects.requireNonNull(file, "file"), null);
  }

  /** Starts a log that is written to a logger, at INFO. */
  public static Builder toLogger(System.Logger logger) {
    Objects.requireNonNull(logger, "logger");
    return to(line -> logger.log(System.Logger.Level.INFO, line));
  }

  /** Starts a log that is written to code of the application. The log closes the sink. */
  public static Builder to(Sink sink) {
    return new Builder(null, Objects.requireNonNull(sink, "sink"));
  }

  @Override
  public void callEnded(CallOutcome outcome) {
    Kept kept = kept(outcome.code(), outcome.totalTime());
    if (kept != null) {
      Instant now = clock.instant();
      write(now, () -> AccessLogLine.of(outcome, now, kept));
    }
  }

  /** Follows the line of the failure, which was written when the call ended. */
  @Override
  public void fallbackServed(CallOutcome failure, FallbackKind kind) {
    Instant now = clock.instant();
    write(now, () -> AccessLogLine.ofFallback(failure, now, kind));
  }

  @Override
  public void callEnded(ServerCallOutcome outcome) {
    Kept kept = kept(outcome.code(), outcome.totalTime());
    if (kept != null) {
      Instant now = clock.instant();
      write(now, () -> AccessLogLine.of(outcome, now, kept));
    }
  }

  private @Nullable Kept kept(Code code, Duration total) {
    if (code != Code.OK) {
      return Kept.FAILED;
    }
    if (total.toNanos() >= slowNanos) {
      return Kept.SLOW;
    }
    return sample > 0 && random.getAsDouble() < sample ? Kept.SAMPLED : null;
  }

  private void write(Instant now, Supplier<String> line) {
    if (!withinLimit(now.getEpochSecond())) {
      overLimit.incrementAndGet();
      return;
    }
    long over = overLimit.get();
    long told = overLimitTold.get();
    if (over > told && overLimitTold.compareAndSet(told, over)) {
      writer.offer(() -> AccessLogLine.lost(now, over - told));
    }
    writer.offer(line);
  }

  private boolean withinLimit(long second) {
    while (true) {
      long seen = window.get();
      boolean same = (seen >>> 32) == (second & 0xFFFF_FFFFL);
      long lines = same ? seen & 0xFFFF_FFFFL : 0;
      if (lines >= maxLinesPerSecond) {
        return false;
      }
      if (window.compareAndSet(seen, (second << 32) | (lines + 1))) {
        return true;
      }
    }
  }

  /** Returns how many lines were written. */
  public long written() {
    return writer.written();
  }

  /** Returns how many lines were lost, as the sink failed or was too slow. */
  public long lost() {
    return writer.lost();
  }

  /** Returns how many lines were left out, as there were too many in a second. */
  public long overLimit() {
    return overLimit.get();
  }

  /** Writes the lines that wait, for at most two seconds, and closes the sink. */
  @Override
  public void close() {
    writer.close(Duration.ofSeconds(2));
  }

  @Override
  public String toString() {
    return "AccessLog";
  }

  /** Describes an access log. Not safe for use by several threads. */
  public static final class Builder {
    private final @Nullable Path file;
    private Sink sink;
    private long maxBytes = 100L << 20;
    private int keptFiles = 5;
    private Duration slow = Duration.ofSeconds(1);
    private double sample;
    private int maxLinesPerSecond = 1_000;
    private int queueSize = 10_000;
    private Clock clock = Clock.systemUTC();
    private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

    private Builder(@Nullable Path file, @Nullable Sink sink) {
      this.file = file;
      this.sink = sink == null ? line -> {} : sink;
    }

    /**
     * Sets when a file is full, and how many full ones are kept beside it as {@code .1}, {@code .2}
     * and so on. Default: 100 MiB, and 5.
     *
     * @throws IllegalStateException if the log is not in a file
     */
    public Builder rotate(long maxBytes, int keptFiles) {
      if (file == null) {
        throw new IllegalStateException("rotate(...) is for AccessLog.toFile(...)");
      }
      if (maxBytes < 1 || keptFiles < 0) {
        throw new IllegalArgumentException(
            "rotate(" + maxBytes + ", " + keptFiles + "): a size above 0, and no negative number");
      }
      this.maxBytes = maxBytes;
      this.keptFiles = keptFiles;
      return this;
    }

    /** Sets from which time on a call that ended well has a line. Default: 1s. */
    public Builder slow(Duration from) {
      if (from.isNegative()) {
        throw new IllegalArgumentException("slow " + from + " is negative");
      }
      this.slow = from;
      return this;
    }

    /** Sets the share of all other calls that have a line, from 0 to 1. Default: 0. */
    public Builder sample(double share) {
      if (!(share >= 0 && share <= 1)) {
        throw new IllegalArgumentException("sample " + share + " is not between 0 and 1");
      }
      this.sample = share;
      return this;
    }

    /** Sets how many lines a second may have. What is more is counted only. Default: 1,000. */
    public Builder maxLinesPerSecond(int lines) {
      if (lines < 1) {
        throw new IllegalArgumentException("maxLinesPerSecond " + lines + " is not positive");
      }
      this.maxLinesPerSecond = lines;
      return this;
    }

    /** For tests: how many lines may wait. */
    Builder queueSize(int lines) {
      this.queueSize = lines;
      return this;
    }

    /** For tests: the time of lines, and of the limit. */
    Builder clock(Clock clock) {
      this.clock = clock;
      return this;
    }

    /** For tests: numbers from 0 to 1, which choose the sample. */
    Builder random(DoubleSupplier random) {
      this.random = random;
      return this;
    }

    /** Opens the log. */
    public AccessLog build() {
      if (file != null) {
        sink = new RotatingFile(file, maxBytes, keptFiles);
      }
      return new AccessLog(this);
    }
  }
}
