package io.fairlead.server.internal.observe;

import io.fairlead.internal.Durations;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.Code;
import io.grpc.Context;
import io.grpc.Metadata;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * The outcome of a call that ended with OK. It reads the record of the call, to which nobody writes
 * any more, so that such a call pays for no copy.
 */
final class AnsweredCallOutcome extends ServerCallOutcome {
  private final ServerCallRecorder call;
  private final long endedNanos;
  private final long deadlineNanos;

  /**
   * @param deadlineNanos the time that the caller gave, or {@link ServerCallRecorder#NOT_YET}
   */
  AnsweredCallOutcome(ServerCallRecorder call, long endedNanos, long deadlineNanos) {
    this.call = call;
    this.endedNanos = endedNanos;
    this.deadlineNanos = deadlineNanos;
  }

  @Override
  public String method() {
    return call.method;
  }

  @Override
  public Kind kind() {
    return call.kind;
  }

  @Override
  public Ending ending() {
    return Ending.OK;
  }

  @Override
  public Optional<RejectionReason> rejectionReason() {
    return Optional.empty();
  }

  @Override
  public Optional<InjectedFault> injectedFault() {
    return Optional.ofNullable(call.injectedFault);
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
  public Optional<String> caller() {
    return Optional.ofNullable(call.caller);
  }

  @Override
  public Duration queueTime() {
    return Durations.ofNanos(call.queuedNanos);
  }

  @Override
  public Optional<Duration> handlerTime() {
    return time(call.handlerNanos(endedNanos));
  }

  @Override
  public Duration totalTime() {
    return Duration.ofNanos(endedNanos - call.startedNanos);
  }

  @Override
  public long requestMessages() {
    return call.requestMessages;
  }

  @Override
  public long requestBytes() {
    return call.requestBytes;
  }

  @Override
  public long responseMessages() {
    return call.responseMessages;
  }

  @Override
  public long responseBytes() {
    return call.responseBytes;
  }

  @Override
  public Optional<Duration> deadline() {
    return time(deadlineNanos);
  }

  @Override
  public Optional<SocketAddress> peer() {
    return Optional.ofNullable(call.peer);
  }

  @Override
  protected Metadata headers() {
    return call.headers;
  }

  @Override
  public Context context() {
    return call.context;
  }

  private static Optional<Duration> time(long nanos) {
    return nanos == ServerCallRecorder.NOT_YET
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(nanos));
  }
}
