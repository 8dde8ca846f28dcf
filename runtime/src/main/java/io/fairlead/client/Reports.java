package io.fairlead.client;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.FallbackKind;
import io.fairlead.policy.Code;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the outcome of a call, if anybody wants it: an observer, or the caller of one that failed.
 */
final class Reports {
  private final String target;
  private final LongSupplier nanoTime;
  private final Observers observers;

  Reports(String target, LongSupplier nanoTime, Observers observers) {
    this.target = target;
    this.nanoTime = nanoTime;
    this.observers = observers;
  }

  /**
   * Tells observers of the end of a call, and gives a failure its explanation.
   *
   * @param decisive the attempt that ended the call, or null if none did
   * @param last the attempt from which all others can be reached
   * @return the status that the caller is to see
   */
  Status ended(
      MethodPlan plan,
      long startedNanos,
      @Nullable AttemptTrace decisive,
      @Nullable AttemptTrace last,
      Status closed,
      Metadata trailers,
      String ending) {
    if (closed.isOk() && !observers.any()) {
      return closed;
    }
    long now = nanoTime.getAsLong();
    boolean local = decisive == null || !decisive.told() || !decisive.status().equals(closed);
    Status status = local ? Wording.clear(closed) : closed;
    CallOutcome outcome =
        new CallOutcome(
            plan.method.getFullMethodName(),
            target,
            Code.of(status.getCode().value()),
            status.getDescription() == null ? "" : status.getDescription(),
            local ? AttemptOutcome.Origin.LOCAL : AttemptOutcome.Origin.WIRE,
            now - startedNanos,
            plan.deadlineNanos,
            outcomes(last, startedNanos, now),
            ending,
            plan.policy);
    observers.callEnded(outcome);
    if (status.isOk()) {
      return status;
    }
    return explained(outcome, status, trailers);
  }

  private static Status explained(CallOutcome outcome, Status status, Metadata trailers) {
    CallExplanation explanation = CallExplanation.of(outcome);
    explanation.attachTo(trailers);
    // What the other side said is left as it came: callers compare it.
    return explanation.local() ? explanation.describe(status) : status;
  }

  /**
   * Nothing could stand in for a failure that has been told: adds why.
   *
   * @param told the status that {@link #ended} gave
   */
  Status notRescued(Status told, Metadata trailers, String why) {
    CallExplanation explanation = CallExplanation.ofTrailers(trailers);
    if (explanation == null || why.isEmpty()) {
      return told;
    }
    CallOutcome outcome = explanation.outcome();
    Status plain =
        told.withDescription(outcome.description().isEmpty() ? null : outcome.description());
    String ending = outcome.endReason().isEmpty() ? why : outcome.endReason() + "; " + why;
    return explained(outcome.withEndReason(ending), plain, trailers);
  }

  /** The caller got something in place of the failure that these trailers explain. */
  void rescued(Metadata trailers, FallbackKind by) {
    CallExplanation explanation = observers.any() ? CallExplanation.ofTrailers(trailers) : null;
    if (explanation != null) {
      observers.rescued(explanation.outcome(), by);
    }
  }

  private static List<AttemptOutcome> outcomes(
      @Nullable AttemptTrace last, long startedNanos, long nowNanos) {
    if (last != null && last.previous == null) {
      return List.of(last.outcome(startedNanos, nowNanos));
    }
    List<AttemptOutcome> outcomes = new ArrayList<>();
    for (AttemptTrace trace = last; trace != null; trace = trace.previous) {
      outcomes.add(trace.outcome(startedNanos, nowNanos));
    }
    Collections.reverse(outcomes);
    return outcomes;
  }
}
