package io.fairlead.telemetry.opentelemetry;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.Code;
import io.fairlead.telemetry.TraceContext;
import io.grpc.Context;
import io.grpc.Status;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The span of a call, and those of its attempts. It travels in the context of the call.
 *
 * <p>Attempts begin on any thread. Their details come with the outcome, in the order of their
 * starts, and end them. What is left when the call ends is ended with it.
 */
final class CallSpan {
  private static final Context.Key<@Nullable CallSpan> KEY = Context.key("fairlead-otel-call");

  private static final NameCache<String> ATTEMPTS = new NameCache<>("Attempt."::concat);

  private final Tracer tracer;
  private final String method;
  private final Span span;

  private final SpanClock clock;
  private final io.opentelemetry.context.Context inside;
  private final @Nullable TraceContext ids;

  /** Those that have no outcome yet. Guarded by itself, as is the next field. */
  @GuardedBy("attempts")
  private final List<Span> attempts;

  @GuardedBy("attempts")
  private boolean ended;

  CallSpan(Tracer tracer, String method, io.opentelemetry.context.Context parent) {
    this.tracer = tracer;
    this.method = method;
    this.span = start(tracer, method, SpanKind.CLIENT, parent);
    // A call that nobody records has ids and headers, and pays for no more.
    this.clock = span.isRecording() ? SpanClock.start() : SpanClock.UNUSED;
    this.attempts = span.isRecording() ? new ArrayList<>(1) : List.of();
    this.inside = parent.with(span);
    this.ids = ids(span, Span.fromContext(parent).getSpanContext());
  }

  /**
   * Begins a span of this method. A sampler knows the method by the name of the span: attributes
   * before its decision would be a map for each call that nobody records.
   */
  static Span start(
      Tracer tracer, String method, SpanKind kind, io.opentelemetry.context.Context parent) {
    Span span = tracer.spanBuilder(method).setParent(parent).setSpanKind(kind).startSpan();
    if (span.isRecording()) {
      span.setAttribute(SpanAttributes.SYSTEM, "grpc");
      span.setAttribute(SpanAttributes.METHOD, method);
    }
    return span;
  }

  /** Returns the ids of a span for logs; null if there is no SDK that makes any. */
  static @Nullable TraceContext ids(Span span, SpanContext parent) {
    SpanContext own = span.getSpanContext();
    return own.isValid()
        ? TraceContext.of(
            own.getTraceId(),
            own.getSpanId(),
            parent.isValid() ? parent.getSpanId() : "",
            own.isSampled())
        : null;
  }

  static @Nullable CallSpan of(Context context) {
    return KEY.get(context);
  }

  /** Returns the context for a call that is not recorded, and is made in that of another one. */
  static Context notIn(Context context) {
    return KEY.get(context) == null ? context : context.withValue(KEY, null);
  }

  /** Returns the context for the call. */
  Context in(Context context) {
    Context with = context.withValue(KEY, this);
    return ids == null ? with : ids.in(with);
  }

  /** Begins an attempt. Returns what its headers are to carry. */
  io.opentelemetry.context.Context beginAttempt() {
    if (!span.isRecording()) {
      return inside;
    }
    Span attempt =
        tracer
            .spanBuilder(ATTEMPTS.of(method))
            .setParent(inside)
            .setSpanKind(SpanKind.CLIENT)
            .setStartTimestamp(clock.nowNanos(), NANOSECONDS)
            .setAttribute(SpanAttributes.SYSTEM, "grpc")
            .setAttribute(SpanAttributes.METHOD, method)
            .startSpan();
    synchronized (attempts) {
      if (ended) {
        attempt.end();
      } else {
        attempts.add(attempt);
      }
    }
    return inside.with(attempt);
  }

  /** Adds what is known at the end of the call, and ends the attempts. */
  void describe(CallOutcome outcome) {
    if (!span.isRecording()) {
      return;
    }
    span.setAllAttributes(SpanAttributes.ofTarget(outcome.target()));
    span.setAttribute(SpanAttributes.ATTEMPTS, (long) outcome.attempts().size());
    span.setAttribute(SpanAttributes.DECIDED_BY, decider(outcome));
    describeCache(outcome);
    if (!outcome.endReason().isEmpty()) {
      span.setAttribute(SpanAttributes.END_REASON, outcome.endReason());
    }
    if (outcome.rejectedByBreaker()) {
      event("circuit breaker rejects", outcome.totalTime(), Attributes.empty());
    }
    List<Span> begun = takeAttempts();
    for (int i = 0; i < outcome.attempts().size(); i++) {
      AttemptOutcome attempt = outcome.attempts().get(i);
      describeOnCall(attempt);
      if (i < begun.size()) {
        describe(begun.get(i), attempt, outcome.code());
      }
    }
    // Of a hedge that began meanwhile nothing is known.
    for (int i = outcome.attempts().size(); i < begun.size(); i++) {
      begun.get(i).end(clock.nowNanos(), NANOSECONDS);
    }
  }

  private void describeCache(CallOutcome outcome) {
    if (outcome.cacheUse() != CacheUse.NONE) {
      span.setAttribute(SpanAttributes.CACHE, outcome.cacheUse().name().toLowerCase(Locale.ROOT));
    }
    outcome
        .cacheAge()
        .ifPresent(age -> span.setAttribute(SpanAttributes.CACHE_AGE, age.toNanos() / 1e9));
  }

  private static String decider(CallOutcome outcome) {
    if (outcome.rejectedByBreaker()) {
      return "breaker";
    }
    if (outcome.cacheUse() == CacheUse.HIT) {
      return "cache";
    }
    return outcome.origin() == StatusOrigin.LOCAL ? "this side" : "the other side";
  }

  private List<Span> takeAttempts() {
    synchronized (attempts) {
      List<Span> begun = List.copyOf(attempts);
      attempts.clear();
      return begun;
    }
  }

  private void describeOnCall(AttemptOutcome attempt) {
    if (!attempt.resolutionDelay().isZero()) {
      event(
          "Delayed name resolution complete",
          attempt.startedAfter().plus(attempt.resolutionDelay()),
          Attributes.empty());
    }
    if (attempt.kind() != AttemptOutcome.Kind.FIRST) {
      event(
          attempt.kind().toString(),
          attempt.startedAfter(),
          Attributes.of(SpanAttributes.NUMBER, (long) attempt.number()));
    }
  }

  private void event(String name, Duration after, Attributes attributes) {
    span.addEvent(name, attributes, clock.after(after), NANOSECONDS);
  }

  private void describe(Span attemptSpan, AttemptOutcome attempt, Code ofCall) {
    SpanAttributes.setPeer(attemptSpan, attempt.endpoint());
    attemptSpan.setAttribute(SpanAttributes.KIND, attempt.kind().name().toLowerCase(Locale.ROOT));
    attemptSpan.setAttribute(SpanAttributes.PREVIOUS_ATTEMPTS, (long) attempt.number() - 1);
    attemptSpan.setAttribute(
        SpanAttributes.TRANSPARENT_RETRY, attempt.kind() == AttemptOutcome.Kind.RESEND);
    if (!attempt.endpointId().isEmpty()) {
      attemptSpan.setAttribute(SpanAttributes.ENDPOINT_ID, attempt.endpointId());
    }
    if (!attempt.pickReason().isEmpty()) {
      attemptSpan.setAttribute(SpanAttributes.PICK_REASON, attempt.pickReason());
    }
    if (attempt.pickDelayed()) {
      Duration picked = attempt.startedAfter().plus(attempt.waitTime());
      attemptSpan.addEvent(
          "Delayed LB pick complete", Attributes.empty(), clock.after(picked), NANOSECONDS);
    }
    // An attempt that another one has overtaken is no error.
    boolean lost =
        attempt.code() == Code.CANCELLED
            && attempt.origin() == StatusOrigin.LOCAL
            && ofCall != Code.CANCELLED;
    SpanAttributes.setStatus(
        attemptSpan, attempt.code(), attempt.description(), attempt.code() != Code.OK && !lost);
    attemptSpan.end(clock.after(attempt.startedAfter().plus(attempt.totalTime())), NANOSECONDS);
  }

  void fallbackServed(CallOutcome failure, FallbackKind kind) {
    if (!span.isRecording()) {
      return;
    }
    describeCache(failure);
    span.addEvent(
        "fallback served",
        Attributes.of(SpanAttributes.FALLBACK, kind.name().toLowerCase(Locale.ROOT)),
        clock.nowNanos(),
        NANOSECONDS);
  }

  /** Ends the call with what its caller sees. */
  void end(Status status) {
    if (!span.isRecording()) {
      return;
    }
    synchronized (attempts) {
      if (ended) {
        return;
      }
      ended = true;
    }
    long now = clock.nowNanos();
    takeAttempts().forEach(attempt -> attempt.end(now, NANOSECONDS));
    String description = status.getDescription() == null ? "" : status.getDescription();
    SpanAttributes.setStatus(span, Code.of(status.getCode().value()), description, !status.isOk());
    span.end(now, NANOSECONDS);
  }
}
