package io.fairlead.client.internal;

import io.grpc.CallOptions;
import io.grpc.Status;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The status of a call that its own caller cancels, and the executor on which the caller hears of
 * an end that no attempt brings. Has no state.
 */
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
}
