package io.fairlead.admin;

import io.fairlead.CallContext;
import io.fairlead.admin.v1.LogLine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * The last lines of a process's log, in bounded memory, for the admin service to show and to
 * follow.
 *
 * <pre>{@code
 * LogBuffer logs = LogBuffer.create();
 * Logger.getLogger("").addHandler(logs.handler());
 * AdminService admin = AdminService.builder().logs(logs).build();
 * }</pre>
 *
 * <p>{@link #handler} takes lines of {@code java.util.logging}. An appender of another logging API
 * gives them to {@link #add}. Safe for use by many threads; a line costs a lock and a small object.
 * A reader that is slower than the log loses lines, and never holds up who writes.
 */
public final class LogBuffer {
  private static final int MAX_TEXT = 16_384;
  private static final int MAX_FOLLOWERS = 16;
  static final String FULL = MAX_FOLLOWERS + " readers follow the log already; end one of them";

  /** Set while this thread wakes readers: what they log must not wake them again. */
  private static final ThreadLocal<Boolean> WAKING = ThreadLocal.withInitial(() -> false);

  private final int maxLines;
  private final long maxChars;
  private final Supplier<String> traceId;
  private final List<Follower> followers = new CopyOnWriteArrayList<>();

  /** Guards the fields below, and that each tail gets what was added after its first lines. */
  private final Object lock = new Object();

  private final ArrayDeque<LogEntry> lines = new ArrayDeque<>();
  private long chars;
  private long number;

  private record Follower(LogFilter filter, Tail<LogLine> tail) {}

  private LogBuffer(Builder builder) {
    this.maxLines = builder.maxLines;
    this.maxChars = builder.maxChars;
    this.traceId = builder.traceId;
  }

  /** Returns one with the defaults: 10,000 lines, and 4 million characters in all. */
  public static LogBuffer create() {
    return builder().build();
  }

  /** Starts to describe one. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Adds a line. Texts of more than 16,384 characters are cut.
   *
   * @param thrown what was logged with it, or null
   */
  public void add(
      Instant at,
      Level level,
      String logger,
      String thread,
      String message,
      @Nullable Throwable thrown) {
    String trace = Objects.requireNonNullElse(traceId.get(), "");
    List<Tail<LogLine>> woken = new ArrayList<>();
    synchronized (lock) {
      LogEntry entry =
          new LogEntry(
              ++number, at, level, logger, thread, cut(message), cut(stack(thrown)), trace);
      lines.add(entry);
      chars += entry.size();
      // The newest stays, however long it is.
      while (lines.size() > 1 && (lines.size() > maxLines || chars > maxChars)) {
        chars -= lines.removeFirst().size();
      }
      if (!WAKING.get()) {
        for (Follower each : followers) {
          if (each.filter().fits(entry) && each.tail().offer(entry.toMessage())) {
            woken.add(each.tail());
          }
        }
      }
    }
    if (!woken.isEmpty()) {
      WAKING.set(true);
      try {
        woken.forEach(Tail::wake);
      } finally {
        WAKING.remove();
      }
    }
  }

  private static String cut(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
  }

  private static String stack(@Nullable Throwable thrown) {
    if (thrown == null) {
      return "";
    }
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  /** Returns what puts lines of {@code java.util.logging} in; add it to a logger. */
  public Handler handler() {
    return new FromJavaLogging();
  }

  /** Returns the last lines that fit, oldest first. */
  List<LogEntry> last(LogFilter filter, int limit) {
    synchronized (lock) {
      return lastOf(filter, limit);
    }
  }

  private List<LogEntry> lastOf(LogFilter filter, int limit) {
    ArrayDeque<LogEntry> found = new ArrayDeque<>();
    var newestFirst = lines.descendingIterator();
    while (newestFirst.hasNext() && found.size() < limit) {
      LogEntry entry = newestFirst.next();
      if (filter.fits(entry)) {
        found.addFirst(entry);
      }
    }
    return List.copyOf(found);
  }

  /** Returns the last lines that fit, and those that come, until it is closed. */
  Tail<LogLine> follow(LogFilter filter, int limit) {
    synchronized (lock) {
      Tail<LogLine> tail =
          new Tail<>(
              lastOf(filter, limit).stream().map(LogEntry::toMessage).toList(),
              (line, lost) -> line.toBuilder().setLost(lost).build(),
              closed -> followers.removeIf(each -> each.tail() == closed));
      followers.add(new Follower(filter, tail));
      return tail;
    }
  }

  /** Returns whether no further reader may follow: each costs whoever logs some time. */
  boolean isFull() {
    return followers.size() >= MAX_FOLLOWERS;
  }

  int followers() {
    return followers.size();
  }

  @Override
  public String toString() {
    synchronized (lock) {
      return "LogBuffer[" + lines.size() + " lines, " + chars + " characters]";
    }
  }

  private static String traceOfCall() {
    return CallContext.find()
        .flatMap(call -> call.header("traceparent"))
        .map(CallLog::traceId)
        .orElse("");
  }

  /** Returns the level that a number of {@code java.util.logging} stands for. */
  static Level level(int value) {
    if (value >= java.util.logging.Level.SEVERE.intValue()) {
      return Level.ERROR;
    }
    if (value >= java.util.logging.Level.WARNING.intValue()) {
      return Level.WARNING;
    }
    if (value >= java.util.logging.Level.INFO.intValue()) {
      return Level.INFO;
    }
    return value >= java.util.logging.Level.FINE.intValue() ? Level.DEBUG : Level.TRACE;
  }

  private final class FromJavaLogging extends Handler {
    private final Formatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord line) {
      if (isLoggable(line)) {
        add(
            line.getInstant(),
            level(line.getLevel().intValue()),
            Objects.requireNonNullElse(line.getLoggerName(), ""),
            Thread.currentThread().getName(),
            formatter.formatMessage(line),
            line.getThrown());
      }
    }

    @Override
    public void flush() {
      // Nothing waits.
    }

    @Override
    public void close() {
      // It owns nothing.
    }
  }

  /** Collects the bounds. Not safe for use by several threads. */
  public static final class Builder {
    private int maxLines = 10_000;
    private long maxChars = 4_000_000;
    private Supplier<String> traceId = LogBuffer::traceOfCall;

    private Builder() {}

    /** Sets how many lines are kept. Default: 10,000. */
    public Builder maxLines(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("maxLines " + count + " is below 1");
      }
      maxLines = count;
      return this;
    }

    /** Sets how many characters all lines may have together. Default: 4 million. */
    public Builder maxChars(long count) {
      if (count < 1) {
        throw new IllegalArgumentException("maxChars " + count + " is below 1");
      }
      maxChars = count;
      return this;
    }

    /**
     * Sets who knows the trace id, asked on the thread that logs. Default: the header {@code
     * traceparent} of the call that is served.
     */
    public Builder traceId(Supplier<String> source) {
      traceId = Objects.requireNonNull(source, "source");
      return this;
    }

    /** Makes it. */
    public LogBuffer build() {
      return new LogBuffer(this);
    }
  }
}
