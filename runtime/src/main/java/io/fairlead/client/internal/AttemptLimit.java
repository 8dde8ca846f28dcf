package io.fairlead.client.internal;

import io.fairlead.internal.Durations;
import io.fairlead.policy.PolicyField;
import io.grpc.Status;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Ends an attempt that takes longer than its method allows one. Its time begins when a connection
 * takes the attempt: until then the endpoint had no part in it, and the deadline of the call is
 * bound enough.
 */
final class AttemptLimit implements Runnable {
  private final MethodConfig config;
  private final CallEnvironment environment;
  private final Attempt<?, ?> attempt;

  /** Set by the thread that takes the attempt to a connection, before the stream can close. */
  private @Nullable Future<?> timer;

  /** Written before the attempt is cancelled, and read when its stream closes. */
  private volatile boolean passed;

  AttemptLimit(MethodConfig config, CallEnvironment environment, Attempt<?, ?> attempt) {
    this.config = config;
    this.environment = environment;
    this.attempt = attempt;
  }

  void start() {
    timer = environment.schedule(this, config.perAttemptNanos);
  }

  void stop() {
    Future<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  @Override
  public void run() {
    passed = true;
    attempt.cancel("the attempt passed its limit", null);
  }

  /** Returns the status of an attempt that was cancelled by this limit, or null. */
  @Nullable Status statusFor(Status closed) {
    return passed && closed.getCode() == Status.Code.CANCELLED
        ? Status.DEADLINE_EXCEEDED.withDescription(
            "no answer within "
                + Durations.format(config.perAttemptNanos)
                + " (retry.perAttempt, "
                + config.policy.origin(PolicyField.RETRY)
                + ")")
        : null;
  }
}
