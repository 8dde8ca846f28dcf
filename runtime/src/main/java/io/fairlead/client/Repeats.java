package io.fairlead.client;

import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.fairlead.policy.FailedAttempt;
import io.fairlead.policy.FailedAttempt.Pushback;
import io.fairlead.policy.RetryDecision;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** How often the attempts of one call were repeated. For one thread at a time. */
final class Repeats {
  private static final Metadata.Key<String> PREVIOUS_ATTEMPTS =
      Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

  private final ClientStack stack;
  private final MethodPlan plan;
  private int repeats;
  private int resends;
  private int step = 1;

  Repeats(ClientStack stack, MethodPlan plan) {
    this.stack = stack;
    this.plan = plan;
  }

  /**
   * What follows a failed attempt.
   *
   * @param ending why nothing does; empty if another attempt does
   */
  record Next(long pauseNanos, String ending) {
    boolean isAttempt() {
      return ending.isEmpty();
    }
  }

  /** The attempts before the next one, as gRFC A6 counts them; a safe re-send is not one. */
  int count() {
    return repeats;
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

  /** Whether a request that nobody looked at is sent again at once; counts it if so. */
  boolean resends(AttemptTrace failed, long leftNanos) {
    if (leftNanos <= 0 || !stack.mayResend(failed, resends)) {
      return false;
    }
    resends++;
    return true;
  }

  /** What the retry policy says; counts the attempt if it wants another. */
  Next decide(AttemptTrace failed, Metadata trailers, long leftNanos) {
    if (plan.retry == null || stack.closing()) {
      return new Next(0, Endings.of(plan, stack.closing()));
    }
    Pushback pushback = Endings.pushback(trailers);
    RetryDecision decision =
        plan.retry.decide(
            new FailedAttempt(
                repeats + 1,
                step,
                failed.code(),
                failed.timedOut(),
                failed.departure() == RpcProgress.SENT,
                failed.hadBegun(),
                pushback,
                leftNanos),
            plan.repeatable,
            stack.budget(),
            stack.random());
    if (decision instanceof RetryDecision.Stop stop) {
      return new Next(0, stop.reason().toString());
    }
    repeats++;
    // A pause that the server asked for begins the row of growing pauses anew.
    step = pushback.present() ? 1 : step + 1;
    return new Next(((RetryDecision.Retry) decision).backoffNanos(), "");
  }
}
