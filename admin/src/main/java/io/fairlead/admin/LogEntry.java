package io.fairlead.admin;

import io.fairlead.admin.v1.LogLine;
import java.lang.System.Logger.Level;
import java.time.Instant;

/**
 * One line of the log.
 *
 * @param number counts up in this process, without gaps
 * @param stack of what was thrown; empty if nothing
 */
record LogEntry(
    long number,
    Instant at,
    Level level,
    String logger,
    String thread,
    String message,
    String stack,
    String traceId) {

  /** About as many characters as it holds; names are shared, and count little. */
  int size() {
    return message.length() + stack.length() + traceId.length() + 64;
  }

  LogLine toMessage() {
    return LogLine.newBuilder()
        .setNumber(number)
        .setAt(StateMessages.timestamp(at))
        .setLevel(level.name())
        .setLogger(logger)
        .setThread(thread)
        .setMessage(message)
        .setStack(stack)
        .setTraceId(traceId)
        .build();
  }

  /** Returns it as people read it. A line of the log never looks like two. */
  String text() {
    String first =
        "%s %-7s %s: %s".formatted(at, level, logger, message.replaceAll("\\p{Cntrl}", " "));
    return traceId.isEmpty() ? first : first + " [" + traceId + "]";
  }
}
