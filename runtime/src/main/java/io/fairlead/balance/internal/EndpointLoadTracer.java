package io.fairlead.balance.internal;

import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Follows one stream on one connection and tells the endpoint's figures how it ended. grpc-java
 * closes each tracer exactly once, whatever becomes of the call.
 */
final class EndpointLoadTracer extends ClientStreamTracer {
  private final Connection connection;
  private final @Nullable LoadBalancingContext context;
  private final @Nullable Deadline deadline;
  private final boolean unary;
  private final long startedAt;
  private long firstAnswerAt;
  private boolean answered;

  EndpointLoadTracer(
      Connection connection,
      @Nullable LoadBalancingContext context,
      @Nullable Deadline deadline,
      boolean unary,
      long nowNanos) {
    this.connection = connection;
    this.context = context;
    this.deadline = deadline;
    this.unary = unary;
    this.startedAt = nowNanos;
    connection.callStarted();
  }

  @Override
  public void inboundHeaders() {
    if (!answered) {
      answered = true;
      firstAnswerAt = unary ? startedAt : connection.nanoTime();
    }
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    connection.loadReport(trailers);
  }

  @Override
  public void streamClosed(Status status) {
    long now = connection.nanoTime();
    boolean late = (context != null && context.isTimedOut()) || missedDeadline(status);
    CallOutcomeClass outcome = CallOutcomeClass.of(status.getCode(), late);
    if (outcome == CallOutcomeClass.IGNORED
        && !answered
        && context != null
        && context.isSuperseded()) {
      outcome = CallOutcomeClass.SUPERSEDED;
    }
    // The length of a stream is its caller's choice; the time to its first answer is not.
    long elapsed = unary ? now - startedAt : answered ? firstAnswerAt - startedAt : -1;
    boolean timeout = late || status.getCode() == Status.Code.DEADLINE_EXCEEDED;
    connection.callEnded(outcome, outcome == CallOutcomeClass.FAILURE && timeout, elapsed, now);
  }

  /** Under grpc-java's own retries a missed deadline reaches a stream as a cancellation. */
  private boolean missedDeadline(Status status) {
    return status.getCode() == Status.Code.CANCELLED && deadline != null && deadline.isExpired();
  }
}
