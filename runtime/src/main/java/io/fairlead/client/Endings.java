package io.fairlead.client;

import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.RetryVerdict;
import io.grpc.Metadata;

/** Why a call had no further attempt, in words. */
final class Endings {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private Endings() {}

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
