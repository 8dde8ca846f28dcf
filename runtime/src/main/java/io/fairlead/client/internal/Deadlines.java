package io.fairlead.client.internal;

import io.fairlead.CallSettings;
import io.fairlead.policy.PolicyField;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The times by which calls and attempts must be over. */
final class Deadlines {
  private Deadlines() {}

  /** The options with a deadline no later than this far from now. */
  static CallOptions atMost(CallOptions options, long nanos) {
    Deadline limit = Deadline.after(nanos, TimeUnit.NANOSECONDS);
    Deadline given = options.getDeadline();
    return given != null && given.isBefore(limit) ? options : options.withDeadline(limit);
  }

  /**
   * The deadline that holds for a call.
   *
   * @param nanos from its start; 0 for none
   * @param source who set it; empty for none
   */
  record Limit(long nanos, String source) {}

  /** Finds the deadline that holds for a call, when somebody asks for it. */
  static Limit limit(MethodConfig config, LayeredCall call, long elapsedNanos) {
    Deadline own = call.options().getDeadline();
    Deadline inbound = call.context().getDeadline();
    if (inbound != null && (own == null || inbound.isBefore(own))) {
      return new Limit(measured(inbound, elapsedNanos), "the inbound call");
    }
    if (own == null) {
      return new Limit(0, "");
    }
    CallSettings settings = CallSettings.of(call.options());
    Duration stated = settings == null ? null : settings.deadline();
    long nanos = stated == null ? config.deadlineNanos : stated.toNanos();
    long measured = measured(own, elapsedNanos);
    // A deadline of the call's options wins where it is shorter, by more than a call takes to
    // begin.
    if (nanos > 0 && measured > nanos - nanos / 10) {
      return new Limit(
          nanos,
          stated == null ? config.policy.origin(PolicyField.DEADLINE).toString() : "call settings");
    }
    return new Limit(measured, "call options");
  }

  /** To the millisecond: it was set a little before the call began. */
  private static long measured(Deadline deadline, long elapsedNanos) {
    long nanos = deadline.timeRemaining(TimeUnit.NANOSECONDS) + elapsedNanos;
    return Math.max(1_000_000, (nanos + 500_000) / 1_000_000 * 1_000_000);
  }

  /** Time until the call must be over; {@link Long#MAX_VALUE} for none. */
  static long leftNanos(CallOptions options, Context context) {
    long left = Long.MAX_VALUE;
    Deadline own = options.getDeadline();
    if (own != null) {
      left = own.timeRemaining(TimeUnit.NANOSECONDS);
    }
    Deadline inbound = context.getDeadline();
    return inbound == null ? left : Math.min(left, inbound.timeRemaining(TimeUnit.NANOSECONDS));
  }
}
