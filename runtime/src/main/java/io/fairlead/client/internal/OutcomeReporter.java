package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.FallbackKind;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.StatusRewriter;
import io.fairlead.policy.Code;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the outcome of a call, if it is wanted: by an observer, or by the caller of a call that
 * failed.
 *
 * <p>A successful call of a channel without observers passes through without any object made for
 * it. The explanation of a failure travels with its trailers, from where {@code RpcException} and
 * stock stubs read it back.
 */
final class OutcomeReporter {
  private final String target;
  private final LongSupplier nanoTime;
  private final CallObservers callObservers;

  OutcomeReporter(String target, LongSupplier nanoTime, CallObservers callObservers) {
    this.target = target;
    this.nanoTime = nanoTime;
    this.callObservers = callObservers;
  }

  /** Tells observers that an attempt begins. */
  void attemptStarted(MethodConfig config) {
    if (callObservers.any()) {
      callObservers.attemptStarted(config.method.getFullMethodName(), target);
    }
  }

  /**
   * Tells observers of the end of a call, and gives a failure its explanation.
   *
   * @return the status that the caller is to see
   */
  Status callEnded(MethodConfig config, LayeredCall call, CallEnd end) {
    Status closed = end.status();
    if (closed.isOk() && !callObservers.any()) {
      return closed;
    }
    AttemptTracer succeeded = onlyAttempt(call, end);
    if (succeeded != null) {
      callObservers.callEnded(
          new SucceededCallOutcome(config, target, call, succeeded, nanoTime.getAsLong()));
      return closed;
    }
    long startedNanos = call.startedNanos();
    // Of a call that ended well nobody asks which one it was.
    DecisiveDeadline deadline =
        closed.isOk() ? DecisiveDeadline.NONE : DecisiveDeadline.of(config, call, nanoTime);
    long now = nanoTime.getAsLong();
    AttemptTracer decisive = end.decisive();
    AttemptResult result = decisive == null ? null : decisive.result();
    boolean local = result == null || !result.isFromWire(closed);
    Status status = local ? clarify(closed, decisive, deadline, config.method) : closed;
    CallOutcome.Builder outcome =
        CallOutcome.builder(config.method.getFullMethodName(), target, config.policy)
            .status(
                Code.of(status.getCode().value()),
                status.getDescription() == null ? "" : status.getDescription(),
                local ? StatusOrigin.LOCAL : StatusOrigin.WIRE)
            .totalTime(Duration.ofNanos(now - startedNanos))
            .attempts(outcomes(end.last(), startedNanos, now))
            .endReason(end.reason())
            .rejectedByBreaker(
                end.byBreaker() || (decisive != null && decisive.pick.rejectedByBreakers()))
            .context(call.context());
    if (deadline.nanos() > 0) {
      outcome.deadline(Duration.ofNanos(deadline.nanos()), deadline.source());
    }
    if (call instanceof CacheableCall<?, ?> cacheable) {
      outcome.cacheUse(cacheable.use(), Duration.ofNanos(cacheable.ageNanos()));
    }
    CallOutcome made = outcome.build();
    callObservers.callEnded(made);
    return status.isOk() ? status : withExplanation(made, status, end.trailers());
  }

  /** Returns the attempt of a call that needed one, which succeeded; null for any other call. */
  private static @Nullable AttemptTracer onlyAttempt(LayeredCall call, CallEnd end) {
    AttemptTracer decisive = end.decisive();
    return decisive != null
            && decisive == end.last()
            && decisive.previous == null
            && succeededWith(end.status(), decisive.result())
            && !(call instanceof CacheableCall<?, ?>)
        ? decisive
        : null;
  }

  /** Returns whether the status is that of the attempt, without a word of the other side. */
  @SuppressWarnings("ReferenceEquality") // another one is looked at more closely
  private static boolean succeededWith(Status closed, @Nullable AttemptResult result) {
    return closed.isOk()
        && closed.getDescription() == null
        && result != null
        && result.status() == closed;
  }

  private static Status clarify(
      Status closed,
      @Nullable AttemptTracer decisive,
      DecisiveDeadline deadline,
      MethodDescriptor<?, ?> method) {
    // A missed deadline that is explained already keeps its text: the limit of an attempt, a
    // broadcast, call credentials.
    if (closed.getCode() != Status.Code.DEADLINE_EXCEEDED
        || closed.getDescription() != null
        || deadline.nanos() == 0) {
      return StatusRewriter.clarify(closed, method);
    }
    if (deadline.nanos() < 0) {
      return closed.withDescription("the deadline had passed before the call began");
    }
    AttemptResult result = decisive == null ? null : decisive.result();
    if (decisive != null && result != null && result.progress() == RpcProgress.NOT_CONNECTED) {
      String waited = decisive.pick.reason();
      return closed.withDescription(
          "no connection took the call within "
              + deadline
              + (waited.isEmpty() ? "" : ": " + waited));
    }
    boolean begun =
        result != null && result.answered() && !method.getType().serverSendsOneMessage();
    return closed.withDescription((begun ? "not over within " : "no response within ") + deadline);
  }

  private Status withExplanation(CallOutcome outcome, Status status, Metadata trailers) {
    CallExplanation explanation = CallExplanation.of(outcome, callObservers.remarks(outcome));
    explanation.attachTo(trailers);
    return StatusRewriter.explain(explanation, status);
  }

  /**
   * No fallback was served for a failure that has been reported: adds why.
   *
   * @param told the status that {@link #callEnded} gave
   */
  Status fallbackFailed(Status told, Metadata trailers, String why) {
    CallExplanation explanation = CallExplanation.ofTrailers(trailers);
    if (explanation == null || why.isEmpty()) {
      return told;
    }
    CallOutcome outcome = explanation.outcome();
    Status plain =
        told.withDescription(outcome.description().isEmpty() ? null : outcome.description());
    String ending = outcome.endReason().isEmpty() ? why : outcome.endReason() + "; " + why;
    return withExplanation(outcome.toBuilder().endReason(ending).build(), plain, trailers);
  }

  /** A fallback was served for the failure that these trailers explain. */
  void fallbackServed(Metadata trailers, FallbackChain.Served instead) {
    CallExplanation explanation = callObservers.any() ? CallExplanation.ofTrailers(trailers) : null;
    if (explanation != null) {
      CallOutcome failure = explanation.outcome();
      callObservers.fallbackServed(
          instead.kind() == FallbackKind.STALE_IF_ERROR
              ? failure.toBuilder()
                  .cacheUse(CacheUse.STALE, Duration.ofNanos(instead.ageNanos()))
                  .build()
              : failure,
          instead.kind());
    }
  }

  private static List<AttemptOutcome> outcomes(
      @Nullable AttemptTracer last, long startedNanos, long nowNanos) {
    if (last != null && last.previous == null) {
      return List.of(last.outcome(startedNanos, nowNanos));
    }
    List<AttemptOutcome> outcomes = new ArrayList<>();
    for (AttemptTracer tracer = last; tracer != null; tracer = tracer.previous) {
      outcomes.add(tracer.outcome(startedNanos, nowNanos));
    }
    Collections.reverse(outcomes);
    return outcomes;
  }
}
