package io.fairlead.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.admin.v1.LogLine;
import io.fairlead.management.EventStream;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The last lines of the log as text or JSON; as server-sent events those that come too. The
 * parameters {@code level}, {@code logger}, {@code trace} and {@code last} choose among them.
 */
final class LogPage implements WebHandler {
  private static final String TEXT = "text/plain";
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";
  private static final int DEFAULT_LINES = 100;
  private static final long PING_MILLIS = 10_000;

  private final @Nullable LogBuffer logs;

  LogPage(@Nullable LogBuffer logs) {
    this.logs = logs;
  }

  @Override
  public void handle(WebExchange exchange) throws IOException {
    exchange.allow("GET");
    exchange.setHeader("Cache-Control", "no-store");
    LogBuffer buffer = logs;
    if (buffer == null) {
      throw new WebException(
          404, "this process keeps no log lines; give AdminService.builder().logs(LogBuffer)");
    }
    LogFilter filter = filter(exchange);
    int last = last(exchange);
    switch (exchange.preferred(TEXT, JSON, EVENTS)) {
      case JSON -> {
        JsonArray array = new JsonArray();
        buffer.last(filter, last).forEach(each -> array.add(json(each.toMessage())));
        exchange.respond(200, JSON, array.toString());
      }
      case EVENTS -> follow(exchange, buffer, filter, last);
      default -> {
        StringBuilder text = new StringBuilder();
        for (LogEntry entry : buffer.last(filter, last)) {
          text.append(entry.text()).append('\n');
          entry.stack().lines().forEach(each -> text.append("    ").append(each).append('\n'));
        }
        exchange.respond(200, TEXT, text.toString());
      }
    }
  }

  private static LogFilter filter(WebExchange exchange) {
    try {
      return LogFilter.of(
          exchange.parameter("level").orElse(""),
          exchange.parameter("logger").orElse(""),
          exchange.parameter("trace").orElse(""));
    } catch (StatusRuntimeException e) {
      throw new WebException(400, String.valueOf(e.getStatus().getDescription()));
    }
  }

  private static int last(WebExchange exchange) {
    String text = exchange.parameter("last").orElse("" + DEFAULT_LINES);
    if (!text.matches("\\d{1,6}")) {
      throw new WebException(400, "last \"" + text + "\" is not a number from 0 to 999999");
    }
    return Integer.parseInt(text);
  }

  private static void follow(WebExchange exchange, LogBuffer buffer, LogFilter filter, int last)
      throws IOException {
    if (buffer.isFull()) {
      throw new WebException(429, LogBuffer.FULL);
    }
    try (Tail<LogLine> tail = buffer.follow(filter, last);
        EventStream events = exchange.events()) {
      // Tells the reader at once that it is connected, and this side when the reader has left.
      events.ping();
      while (true) {
        LogLine line = tail.poll(PING_MILLIS);
        if (line == null) {
          events.ping();
        } else {
          events.send("line", json(line).toString());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is closed
    }
  }

  private static JsonObject json(LogLine line) {
    JsonObject object = new JsonObject();
    object.addProperty("number", line.getNumber());
    object.addProperty(
        "at", Instant.ofEpochSecond(line.getAt().getSeconds(), line.getAt().getNanos()).toString());
    object.addProperty("level", line.getLevel());
    object.addProperty("logger", line.getLogger());
    object.addProperty("thread", line.getThread());
    object.addProperty("message", line.getMessage());
    object.addProperty("stack", line.getStack());
    object.addProperty("traceId", line.getTraceId());
    object.addProperty("lost", line.getLost());
    return object;
  }
}
