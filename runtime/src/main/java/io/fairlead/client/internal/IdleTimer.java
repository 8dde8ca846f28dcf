package io.fairlead.client.internal;

import io.fairlead.internal.Durations;
import io.fairlead.policy.PolicyField;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ends a stream that was silent in both directions for too long.
 *
 * <p>A message costs one volatile store. The timer is not set anew for each: when it fires, it
 * looks back and waits for the rest. Messages come on the threads of caller and event loop, the
 * timer on an event loop; a message that arrives while the timer decides is too late.
 */
final class IdleTimer {
  private final MethodConfig config;
  private final CallEnvironment environment;
  private final Consumer<Status> onIdle;
  private final long limitNanos;
  private volatile long lastNanos;
  private volatile boolean stopped;
  private volatile @Nullable Future<?> timer;

  IdleTimer(MethodConfig config, CallEnvironment environment, Consumer<Status> onSilence) {
    this.config = config;
    this.environment = environment;
    this.onIdle = onSilence;
    this.limitNanos = config.policy.idleTimeout().map(Duration::toNanos).orElse(0L);
  }

  void start() {
    if (limitNanos > 0) {
      touch();
      await(limitNanos);
    }
  }

  void touch() {
    if (limitNanos > 0) {
      lastNanos = environment.now();
    }
  }

  void stop() {
    stopped = true;
    Future<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  private void await(long nanos) {
    timer = environment.scheduler().schedule(this::check, nanos, TimeUnit.NANOSECONDS);
  }

  private void check() {
    if (stopped) {
      return;
    }
    long left = limitNanos - (environment.now() - lastNanos);
    if (left > 0) {
      await(left);
      return;
    }
    onIdle.accept(
        Status.CANCELLED.withDescription(
            "no message in either direction for "
                + Durations.format(limitNanos)
                + " (idleTimeout, "
                + config.policy.origin(PolicyField.IDLE_TIMEOUT)
                + ")"));
  }
}
