package io.fairlead.client.internal;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.policy.Code;
import io.fairlead.policy.ResolvedPolicy;
import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a call that ended with OK at its first attempt. It reads the attempt, to which
 * nobody writes any more, so that such a call pays for no copy.
 */
final class SucceededCallOutcome extends CallOutcome {
  private final MethodConfig config;
  private final String target;
  private final Context context;
  private final AttemptTracer attempt;
  private final long startedNanos;
  private final long endedNanos;

  /** Made when somebody asks; two threads may make it twice. */
  private @Nullable List<AttemptOutcome> attempts;

  SucceededCallOutcome(
      MethodConfig config,
      String target,
      LayeredCall call,
      AttemptTracer attempt,
      long endedNanos) {
    this.config = config;
    this.target = target;
    // Not the call itself: an observer may keep the outcome, and need not keep the messages.
    this.context = call.context();
    this.attempt = attempt;
    this.startedNanos = call.startedNanos();
    this.endedNanos = endedNanos;
  }

  @Override
  public String method() {
    return config.method.getFullMethodName();
  }

  @Override
  public String target() {
    return target;
  }

  @Override
  public ResolvedPolicy policy() {
    return config.policy;
  }

  @Override
  public Code code() {
    return Code.OK;
  }

  @Override
  public String description() {
    return "";
  }

  @Override
  public StatusOrigin origin() {
    return attempts().get(0).origin();
  }

  @Override
  public Duration totalTime() {
    return Duration.ofNanos(endedNanos - startedNanos);
  }

  @Override
  public Optional<Duration> deadline() {
    return Optional.empty();
  }

  @Override
  public String deadlineSource() {
    return "";
  }

  @Override
  public List<AttemptOutcome> attempts() {
    List<AttemptOutcome> made = attempts;
    if (made == null) {
      made = List.of(attempt.outcome(startedNanos, endedNanos));
      attempts = made;
    }
    return made;
  }

  @Override
  public String endReason() {
    return "";
  }

  @Override
  public boolean rejectedByBreaker() {
    return false;
  }

  @Override
  public CacheUse cacheUse() {
    return CacheUse.NONE;
  }

  @Override
  public Optional<Duration> cacheAge() {
    return Optional.empty();
  }

  @Override
  public Context context() {
    return context;
  }
}
