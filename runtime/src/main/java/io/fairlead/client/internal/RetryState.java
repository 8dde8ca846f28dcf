package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.RetryDecision;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** How often the attempts of one call were repeated. For one thread at a time. */
final class RetryState {
  /** Enough for a whole fleet in restart; a bound, as a server that refuses all has a fault. */
  static final int MAX_RESENDS = 5;

  private static final Metadata.Key<String> PREVIOUS_ATTEMPTS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  private final CallEnvironment environment;
  private final MethodConfig config;
  private int retries;
  private int resends;
  private int backoffStep = 1;

  RetryState(CallEnvironment environment, MethodConfig config) {
    this.environment = environment;
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

  /** The attempts before the next one, as gRFC A6 counts them; a safe re-send is not one. */
  int previousAttempts() {
    return retries;
  }

  /**
   * What one attempt sends: a copy, as grpc-java and credentials add to what they are given.
   *
   * @param repeats the attempts before it
   */
  static Metadata headers(@Nullable Metadata given, int repeats) {
    Metadata sent = new Metadata();
    if (given != null) {
      sent.merge(given);
    }
    if (repeats > 0) {
      sent.put(PREVIOUS_ATTEMPTS, Integer.toString(repeats));
    }
    return sent;
  }

  /**
   * Returns whether an attempt that went nowhere may be sent again at once, as if it had not been
   * made: a connection that went away took the request with it unseen.
   *
   * @param resends of its call, or of its endpoint, so far
   */
  static boolean mayResend(AttemptResult failed, int resends, CallEnvironment environment) {
    return failed.isUnprocessed() && resends < MAX_RESENDS && !environment.backoffs().closing();
  }

  /** Whether a request that nobody looked at is sent again at once; counts it if so. */
  boolean tryResend(AttemptResult failed, long leftNanos) {
    if (leftNanos <= 0 || !mayResend(failed, resends, environment)) {
      return false;
    }
    resends++;
    return true;
  }

  /** What the retry policy says; counts the attempt if it wants another. */
  Next decide(AttemptResult failed, long leftNanos) {
    if (config.retry == null || environment.backoffs().closing()) {
      return new Next(0, Cancellations.of(config, environment.backoffs().closing()));
    }
    RetryDecision decision =
        config.retry.decide(
            new FailedAttempt(
                retries + 1,
                backoffStep,
                failed.code(),
                failed.timedOut(),
                failed.progress() == RpcProgress.SENT,
                failed.committed(),
                failed.pushback(),
                leftNanos),
            config.idempotent,
            environment.random().getAsDouble());
    if (decision instanceof RetryDecision.Stop stop) {
      return new Next(0, stop.reason().toString());
    }
    if (!environment.budget().tryWithdraw()) {
      return new Next(0, RetryDecision.Reason.BUDGET.toString());
    }
    retries++;
    // A pause that the server asked for begins the row of growing pauses anew.
    backoffStep = failed.pushback().present() ? 1 : backoffStep + 1;
    return new Next(((RetryDecision.Retry) decision).backoffNanos(), "");
  }
}
