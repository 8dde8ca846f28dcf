package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.RetryDecision;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** How often one call was retried. For one thread at a time. */
final class RetryState {
  private static final Metadata.Key<String> PREVIOUS_ATTEMPTS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  private final ClientCallFactory factory;
  private final MethodConfig config;
  private int retries;
  private int resends;
  private int backoffStep = 1;

  RetryState(ClientCallFactory factory, MethodConfig config) {
    this.factory = factory;
    this.config = config;
  }

  /**
   * What follows a failed attempt.
   *
   * @param endReason why nothing does; empty if another attempt does
   */
  record Next(long backoffNanos, String endReason) {
    boolean hasAttempt() {
      return endReason.isEmpty();
    }
  }

  /** The attempts before the next one, as gRFC A6 counts them; a transparent retry is not one. */
  int previousAttempts() {
    return retries;
  }

  /**
   * What one attempt sends: a copy, as grpc-java and credentials add to what they are given.
   *
   * @param previousAttempts the attempts before it
   */
  static Metadata headers(@Nullable Metadata given, int previousAttempts) {
    Metadata sent = new Metadata();
    if (given != null) {
      sent.merge(given);
    }
    if (previousAttempts > 0) {
      sent.put(PREVIOUS_ATTEMPTS, Integer.toString(previousAttempts));
    }
    return sent;
  }

  /** Whether a request that nobody looked at is sent again at once; counts it if so. */
  boolean tryResend(AttemptTracer failed, long leftNanos) {
    if (leftNanos <= 0 || !factory.mayResend(failed, resends)) {
      return false;
    }
    resends++;
    return true;
  }

  /** What the retry policy says; counts the attempt if it wants another. */
  Next decide(AttemptTracer failed, Metadata trailers, long leftNanos) {
    if (config.retry == null || factory.closing()) {
      return new Next(0, Cancellations.of(config, factory.closing()));
    }
    Pushback pushback = Cancellations.pushback(trailers);
    RetryDecision decision =
        config.retry.decide(
            new FailedAttempt(
                retries + 1,
                backoffStep,
                failed.code(),
                failed.timedOut(),
                failed.progress() == RpcProgress.SENT,
                failed.committed(),
                pushback,
                leftNanos),
            config.idempotent,
            factory.budget(),
            factory.random());
    if (decision instanceof RetryDecision.Stop stop) {
      return new Next(0, stop.reason().toString());
    }
    retries++;
    // A backoff that the server asked for begins the growing backoff anew.
    backoffStep = pushback.present() ? 1 : backoffStep + 1;
    return new Next(((RetryDecision.Retry) decision).backoffNanos(), "");
  }
}
