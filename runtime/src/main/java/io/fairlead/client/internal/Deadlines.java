package io.fairlead.client.internal;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;

/** The times by which calls and attempts must be over. */
final class Deadlines {
  private Deadlines() {}

  /** The options with a deadline no later than this far from now. */
  static CallOptions atMost(CallOptions options, long nanos, Deadline.Ticker ticker) {
    Deadline limit = Deadline.after(nanos, TimeUnit.NANOSECONDS, ticker);
    Deadline given = options.getDeadline();
    return given != null && given.isBefore(limit) ? options : options.withDeadline(limit);
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
