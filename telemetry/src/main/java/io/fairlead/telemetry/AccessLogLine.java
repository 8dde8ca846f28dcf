package io.fairlead.telemetry;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.ServerCallOutcome.Ending;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Context;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes the line of one call. */
final class AccessLogLine {
  /** Why a call has a line. */
  enum Kept {
    FAILED("failed"),
    SLOW("slow"),
    SAMPLED("sampled"),
    /** After the line of the failure. */
    FALLBACK("fallback");

    private final String text;

    Kept(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private AccessLogLine() {}

  static String of(CallOutcome outcome, Instant ended, Kept kept) {
    return of(outcome, ended, kept, null);
  }

  /** Writes the line of a failure in whose place the caller got something else. */
  static String ofFallback(CallOutcome failure, Instant ended, FallbackKind kind) {
    return of(failure, ended, Kept.FALLBACK, kind);
  }

  private static String of(
      CallOutcome outcome, Instant ended, Kept kept, @Nullable FallbackKind kind) {
    JsonLine line = begin(ended, "client", kept, outcome.method(), outcome.code().name());
    if (kind != null) {
      line.add("fallback", lower(kind));
    }
    if (outcome.cacheUse() != CacheUse.NONE) {
      line.add("cache", lower(outcome.cacheUse()));
    }
    outcome.cacheAge().ifPresent(age -> line.millis("cache_age_ms", age));
    line.add("decided_by", decider(outcome));
    line.add("message", outcome.description());
    line.add("target", outcome.target());
    List<AttemptOutcome> attempts = outcome.attempts();
    if (!attempts.isEmpty()) {
      AttemptOutcome last = attempts.get(attempts.size() - 1);
      line.add("endpoint", last.endpoint());
      line.add("endpoint_id", last.endpointId());
    }
    line.add("attempts", attempts.size());
    line.millis("total_ms", outcome.totalTime());
    if (!attempts.isEmpty()) {
      AttemptOutcome last = attempts.get(attempts.size() - 1);
      line.millis("wait_ms", last.waitTime()).millis("wire_ms", last.wireTime());
    }
    deadline(line, outcome.deadline(), outcome.totalTime());
    // Of all attempts: what the call cost the network.
    long sent = 0;
    long received = 0;
    for (AttemptOutcome attempt : attempts) {
      sent += attempt.sentBytes();
      received += attempt.receivedBytes();
    }
    line.add("sent_bytes", sent).add("received_bytes", received);
    trace(line, outcome.context());
    return line.end();
  }

  /** Who decided how the call ended, as a client sees it. */
  private static String decider(CallOutcome outcome) {
    if (outcome.rejectedByBreaker()) {
      return "breaker";
    }
    if (outcome.cacheUse() == CacheUse.HIT) {
      return "cache";
    }
    return outcome.origin() == StatusOrigin.LOCAL ? "this side" : "the other side";
  }

  static String of(ServerCallOutcome outcome, Instant ended, Kept kept) {
    JsonLine line = begin(ended, "server", kept, outcome.method(), outcome.code().name());
    line.add("decided_by", decider(outcome.ending()));
    line.add("reason", outcome.rejectionReason().map(AccessLogLine::lower));
    line.add("fault", outcome.injectedFault().map(AccessLogLine::lower));
    line.add("message", outcome.description());
    line.add("caller", outcome.caller());
    line.add("peer", outcome.peer().map(AccessLogLine::text));
    line.add("user_agent", outcome.header("user-agent"));
    line.add("attempt", attempt(outcome));
    line.millis("total_ms", outcome.totalTime());
    line.millis("queue_ms", outcome.queueTime());
    outcome.handlerTime().ifPresent(time -> line.millis("handler_ms", time));
    deadline(line, outcome.deadline(), outcome.totalTime());
    line.add("requests", outcome.requestMessages()).add("request_bytes", outcome.requestBytes());
    line.add("responses", outcome.responseMessages());
    line.add("response_bytes", outcome.responseBytes());
    trace(line, outcome.context());
    return line.end();
  }

  private static String decider(Ending ending) {
    return switch (ending) {
      case OK, HANDLER_FAILED -> "handler";
      case CANCELLED -> "caller";
      case DEADLINE_PASSED -> "deadline";
      case REJECTED_BY_AUTHORIZER -> "authorizer";
      case REJECTED_BY_ADMISSION -> "admission";
      case STOPPED, UNKNOWN_METHOD -> "server";
    };
  }

  /** Which attempt of its caller this is; a header that is no number counts for nothing. */
  private static int attempt(ServerCallOutcome outcome) {
    String previous = outcome.header("grpc-previous-rpc-attempts").orElse("0");
    try {
      return Math.max(0, Integer.parseInt(previous)) + 1;
    } catch (NumberFormatException e) {
      return 1;
    }
  }

  static String lost(Instant now, long lines) {
    return JsonLine.begin().add("time", now).add("lines_over_limit", lines).end();
  }

  private static JsonLine begin(Instant ended, String side, Kept kept, String method, String code) {
    return JsonLine.begin()
        .add("time", ended)
        .add("side", side)
        .add("kept", kept.toString())
        .add("method", method)
        .add("code", code);
  }

  private static void deadline(JsonLine line, Optional<Duration> deadline, Duration total) {
    if (deadline.isPresent()) {
      line.millis("deadline_ms", deadline.get()).millis("left_ms", deadline.get().minus(total));
    }
  }

  private static void trace(JsonLine line, Context context) {
    TraceContext trace = TraceContext.find(context);
    if (trace != null) {
      trace.addTo(line);
    }
  }

  private static String text(SocketAddress address) {
    if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
      return inet.getAddress().getHostAddress() + ":" + inet.getPort();
    }
    return address.toString();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
