package io.fairlead.internal.transport;

import io.fairlead.internal.LogThrottles;
import io.fairlead.internal.Plural;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes one line of what grpc-java's servers log with a stack trace although it is an everyday
 * event: a client that goes away, speaks another protocol, or sends a message that is too large.
 * The same line is let through once a second. All else is logged as before.
 */
public final class TransportLog implements Filter {
  /** Kept, as java.util.logging forgets loggers that nobody holds, and their filters. */
  private static final List<Logger> LOGGERS =
      List.of(
          Logger.getLogger("io.grpc.netty.NettyServerHandler"),
          Logger.getLogger("io.grpc.netty.NettyServerStream"),
          Logger.getLogger("io.grpc.netty.NettyServerTransport.connections"));

  private static final Pattern DIGITS = Pattern.compile("\\d+");

  private final LogThrottles throttles = new LogThrottles(System::nanoTime);

  private TransportLog() {}

  /** Begins, unless it has, or the application filters these loggers itself. */
  public static synchronized void makePlain() {
    for (Logger logger : LOGGERS) {
      if (logger.getFilter() == null) {
        logger.setFilter(new TransportLog());
      }
    }
  }

  @Override
  public boolean isLoggable(LogRecord entry) {
    Throwable thrown = entry.getThrown();
    String message = String.valueOf(entry.getMessage());
    if (thrown == null && message.startsWith("Expected header TE")) {
      // One for each connection, with a value that the client chooses.
      return throttles.admit("TE") >= 0;
    }
    if (thrown == null || entry.getLevel().intValue() < Level.INFO.intValue()) {
      return true;
    }
    String line = plain(message, thrown);
    if (line == null) {
      return true;
    }
    // Numbers of streams make no other kind of line.
    long before = throttles.admit(DIGITS.matcher(line).replaceAll("0"));
    if (before < 0) {
      return false;
    }
    entry.setThrown(null);
    entry.setMessage(
        line + (before == 0 ? "" : "; so did " + Plural.of(before, "other") + " before it"));
    return true;
  }

  private static @Nullable String plain(String message, Throwable thrown) {
    return switch (message) {
      case "Stream Error" -> "a client has gone while it was sent a response: " + reason(thrown);
      case "Exception in onHeadersRead()" ->
          "a call was refused as its headers could not be read: " + reason(thrown);
      case "Exception processing message" ->
          "a call was cut as its request could not be taken: " + reason(thrown);
      case "Transport failed" -> "a connection failed: " + reason(thrown);
      default -> null;
    };
  }

  private static String reason(Throwable thrown) {
    String text = thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
    if (text.contains("Unexpected HTTP/1.x request")) {
      return text.strip() + "; this port speaks gRPC over HTTP/2";
    }
    // How a handshake of TLS begins.
    if (text.contains("received bytes: 1603")) {
      return "the client speaks TLS, and this port does not; give the server tls(...), or use"
          + " plaintext in the client";
    }
    return text;
  }
}
