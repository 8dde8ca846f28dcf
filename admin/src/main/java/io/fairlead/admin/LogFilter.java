package io.fairlead.admin;

import io.fairlead.RpcException;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Which lines somebody wants.
 *
 * @param least the lowest level
 * @param logger the name of a logger, which stands for those below it too; empty for all
 * @param traceId empty for all
 */
record LogFilter(Level least, String logger, String traceId) {
  private static final List<Level> LEVELS =
      Arrays.stream(Level.values()).filter(each -> each != Level.ALL && each != Level.OFF).toList();

  /** Takes texts as callers write them; an empty level is the lowest. */
  static LogFilter of(String level, String logger, String traceId) {
    return new LogFilter(
        level.isEmpty() ? Level.TRACE : level(level), logger, traceId.toLowerCase(Locale.ROOT));
  }

  /** Reads the name of a level. */
  static Level level(String name) {
    for (Level level : LEVELS) {
      if (level.name().equalsIgnoreCase(name)) {
        return level;
      }
    }
    throw RpcException.answer(
        Status.Code.INVALID_ARGUMENT,
        "the level \"%s\" is not known; use %s"
            .formatted(name, LEVELS.stream().map(Level::name).collect(Collectors.joining(", "))));
  }

  boolean fits(LogEntry entry) {
    return entry.level().getSeverity() >= least.getSeverity()
        && (logger.isEmpty()
            || entry.logger().equals(logger)
            || entry.logger().startsWith(logger + "."))
        && (traceId.isEmpty() || entry.traceId().equals(traceId));
  }
}
