package io.fairlead.client;

import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.RetryVerdict;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** How calls end: why one had no further attempt, and what its status is. */
final class Endings {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private Endings() {}

  /** What a caller is told that cancelled its call itself. */
  static Status cancellation(@Nullable String message, @Nullable Throwable cause) {
    return Status.CANCELLED
        .withDescription(message == null ? "the caller cancelled" : message)
        .withCause(cause);
  }

  static Pushback pushback(Metadata trailers) {
    String text = trailers.get(PUSHBACK);
    return text == null ? Pushback.NONE : Pushback.parse(text);
  }

  /** Where no retry policy decided it. */
  static String of(MethodPlan plan, boolean closing) {
    if (closing) {
      return "the channel is closing";
    }
    return plan.policy.failureMode() == FailureMode.FAILFAST
        ? "failure mode FAILFAST"
        : RetryVerdict.Reason.NO_POLICY.toString();
  }
}
