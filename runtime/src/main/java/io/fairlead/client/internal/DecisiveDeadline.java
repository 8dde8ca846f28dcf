package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.internal.Durations;
import io.fairlead.policy.PolicyField;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The deadline that held for a call: the earliest of several.
 *
 * @param nanos from the start of the call, or 0 for none
 * @param source who set it, or empty
 */
record DecisiveDeadline(long nanos, String source) {
  static final DecisiveDeadline NONE = new DecisiveDeadline(0, "");

  /** Finds it when the call has ended. */
  static DecisiveDeadline of(MethodConfig config, LayeredCall call, LongSupplier nanoTime) {
    // In this order: the limit then comes out a little too long, and never too short.
    long left = call.leftNanos();
    if (left == Long.MAX_VALUE) {
      return NONE;
    }
    long limit = nanoTime.getAsLong() - call.startedNanos() + left;
    Deadline own = call.deadline();
    Deadline inbound = call.context().getDeadline();
    if (inbound != null && (own == null || inbound.isBefore(own))) {
      return new DecisiveDeadline(limit, "the inbound call");
    }
    CallSettings settings = CallSettings.of(call.options());
    Duration ofSettings = settings == null ? null : settings.deadline();
    long stated = ofSettings == null ? config.deadlineNanos : ofSettings.toNanos();
    // The settings' own time begins a little before the call's, when they are applied.
    long slack = ofSettings == null ? 0 : stated / 10;
    if (stated == 0 || limit < stated - slack) {
      return new DecisiveDeadline(limit, "call options");
    }
    return new DecisiveDeadline(
        stated,
        ofSettings == null
            ? config.policy.origin(PolicyField.DEADLINE).toString()
            : "call settings");
  }

  /** Returns its length, for a message that names the source elsewhere. */
  @Override
  public String toString() {
    return Durations.rough(nanos);
  }
}
