package io.fairlead.server.internal.stack;

import io.fairlead.server.internal.call.QuietClose;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Rejects a call whose deadline has passed before it arrived: nobody waits for the response. It
 * stands above everything that costs work. One instance serves all methods.
 */
final class DeadlineInterceptor implements ServerInterceptor {
  static final DeadlineInterceptor INSTANCE = new DeadlineInterceptor();

  private DeadlineInterceptor() {}

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Deadline deadline = Context.current().getDeadline();
    if (deadline != null && deadline.isExpired()) {
      QuietClose.closeQuietly(
          call,
          Status.DEADLINE_EXCEEDED.withDescription(
              "the call arrived after its deadline; the handler was not run"));
      return QuietClose.noopListener();
    }
    return next.startCall(call, headers);
  }

  @Override
  public String toString() {
    return "deadline";
  }
}
