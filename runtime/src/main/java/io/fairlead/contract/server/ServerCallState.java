package io.fairlead.contract.server;

import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Deadline;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One call that is served: who called, how to answer, and the code to run. It looks once more
 * whether the call is over before the code runs, as it may have waited for a thread.
 */
record ServerCallState<Q, R, I, O>(
    BoundMethod<?, Q, R, I, O> bound,
    ServerCall<Q, R> call,
    CallContext context,
    ServerResponseWriter<R> writer) {

  private static final Status CANCELLED =
      Status.CANCELLED.withDescription(
          "the caller cancelled, has gone, or has sent a message that is too large");
  private static final Status UNTAKEN =
      Status.RESOURCE_EXHAUSTED.withDescription(
          "a request is larger than this server takes, or cannot be decompressed; its log has the"
              + " cause");

  String method() {
    return bound.name();
  }

  boolean isUnary() {
    return bound.isUnary();
  }

  /**
   * What the handler is told of a call that ended before it did.
   *
   * @param complete whether all requests have come, so that none of them can be the reason
   */
  Status cancellation(boolean complete) {
    Status known = call.getAttributes().get(CallRefusal.ENDED_WITH);
    return known != null ? known : !complete && isCutByTransport() ? UNTAKEN : CANCELLED;
  }

  /**
   * Returns whether the transport ends the call at this moment because it cannot take a request.
   * grpc-java tells a listener of no reason, and the caller is told of it by a frame; so the only
   * sign is the method that it reports the end from.
   */
  private static boolean isCutByTransport() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame ->
                        frame.getMethodName().equals("deframeFailed")
                            && frame.getClassName().startsWith("io.grpc.")));
  }

  RpcException failure(Status status) {
    return RpcException.of(method(), status, null, StatusOrigin.LOCAL);
  }

  /**
   * Runs the handler's code. The caller has attached the call's context.
   *
   * @return null if the call was over before; it is refused then
   */
  @Nullable O run(I input) {
    if (isOver()) {
      return null;
    }
    return bound.run(context, input);
  }

  private boolean isOver() {
    Deadline deadline = context.context().getDeadline();
    if (deadline != null && deadline.isExpired()) {
      writer.reject(
          Status.DEADLINE_EXCEEDED.withDescription(
              "the deadline of " + method() + " passed before its handler ran"));
      return true;
    }
    if (context.isCancelled()) {
      writer.reject(
          Status.CANCELLED.withDescription("the caller cancelled before the handler ran"));
      return true;
    }
    return false;
  }
}
