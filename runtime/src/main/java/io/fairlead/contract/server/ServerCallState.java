package io.fairlead.contract.server;

import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.contract.internal.stream.CallRefusal;
import io.fairlead.internal.executor.HandlerScope;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.function.BiConsumer;

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
   * Runs the handler's code in the context of the call, and sends what it returns there as well: a
   * generator is code of the handler's. A call that is over before is rejected.
   */
  <T> void answer(I input, T invocation, BiConsumer<T, O> send) {
    Context previous = context.context().attach();
    Runnable entered = HandlerScope.enter(call);
    try {
      if (!isOver()) {
        send.accept(invocation, bound.run(context, input));
      }
    } catch (Throwable e) {
      writer.fail(e);
    } finally {
      HandlerScope.leave(entered);
      context.context().detach(previous);
    }
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
