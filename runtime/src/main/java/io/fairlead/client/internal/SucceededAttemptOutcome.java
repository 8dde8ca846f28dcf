package io.fairlead.client.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.internal.Durations;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.policy.Code;
import java.time.Duration;

/**
 * The outcome of an attempt that ended with OK. It reads the attempt, to which nobody writes any
 * more; the text of the reason is made only if somebody asks for it.
 */
final class SucceededAttemptOutcome extends AttemptOutcome {
  private final AttemptTracer attempt;
  private final AttemptResult result;
  private final long callStartedNanos;

  SucceededAttemptOutcome(AttemptTracer attempt, AttemptResult result, long callStartedNanos) {
    this.attempt = attempt;
    this.result = result;
    this.callStartedNanos = callStartedNanos;
  }

  @Override
  public int number() {
    return attempt.number();
  }

  @Override
  public Kind kind() {
    return attempt.kind();
  }

  @Override
  public String endpoint() {
    return attempt.remoteAddress();
  }

  @Override
  public String endpointId() {
    EndpointView endpoint = attempt.endpoint();
    return endpoint == null ? "" : endpoint.id();
  }

  @Override
  public String pickReason() {
    return attempt.pick.reason();
  }

  @Override
  public Code code() {
    return result.code();
  }

  @Override
  public String description() {
    return AttemptTracer.description(result);
  }

  @Override
  public StatusOrigin origin() {
    return result.origin();
  }

  @Override
  public RpcProgress progress() {
    return result.progress();
  }

  @Override
  public Duration startedAfter() {
    return Durations.ofNanos(attempt.startedNanos() - callStartedNanos);
  }

  @Override
  public Duration waitTime() {
    return Duration.ofNanos(takenNanos() - attempt.startedNanos());
  }

  @Override
  public Duration wireTime() {
    return Duration.ofNanos(result.endedNanos() - takenNanos());
  }

  @Override
  public Duration totalTime() {
    return Duration.ofNanos(result.endedNanos() - attempt.startedNanos());
  }

  /** Returns when a connection took it; the end of one that none took. */
  private long takenNanos() {
    return progress() == RpcProgress.NOT_CONNECTED ? result.endedNanos() : attempt.createdNanos();
  }

  @Override
  public Duration resolutionDelay() {
    return attempt.resolutionDelay();
  }

  @Override
  public boolean pickDelayed() {
    return attempt.pick.waited();
  }

  @Override
  public boolean timedOut() {
    return result.timedOut();
  }

  @Override
  public long sentBytes() {
    return attempt.sentBytes();
  }

  @Override
  public long receivedBytes() {
    return attempt.receivedBytes();
  }
}
