package io.fairlead.client.internal;

import io.fairlead.policy.FailureMode;
import io.fairlead.policy.RetryDecision;
import io.grpc.CallOptions;
import io.grpc.Status;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** How calls end: why one had no further attempt, and what its status is. */
final class Cancellations {
  private Cancellations() {}

  /** What a caller is told that cancelled its call itself. */
  static Status cancellation(@Nullable String message, @Nullable Throwable cause) {
    return Status.CANCELLED
        .withDescription(message == null ? "the caller cancelled" : message)
        .withCause(cause);
  }

  /** Tells the caller where it wants to be told, if no attempt's own executor does. */
  static void on(CallOptions options, Runnable end) {
    Executor executor = options.getExecutor();
    if (executor == null) {
      end.run();
    } else {
      executor.execute(end);
    }
  }

  /** Where no retry policy decided it. */
  static String of(MethodConfig config, boolean closing) {
    if (closing) {
      return "the channel was closed; keep one open for as long as calls are made";
    }
    return config.policy.failureMode() == FailureMode.FAILFAST
        ? "failure mode FAILFAST"
        : RetryDecision.Reason.NO_POLICY.toString();
  }
}
