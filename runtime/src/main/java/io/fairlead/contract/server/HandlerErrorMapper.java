package io.fairlead.contract.server;

import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.observe.CallExplanation;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What a caller is told when its handler failed, and what the log is told. Decided in this order:
 * an inbound call that is over, a failure of a call that the handler made, a status of the
 * handler's own, anything else. The text of an unexpected exception never leaves the server.
 *
 * @param trailers what goes out with the status, beside the handler's own trailers
 * @param shouldLog whether the failure says something about this server, so that the log should
 */
record HandlerErrorMapper(Status status, Metadata trailers, boolean shouldLog) {

  /** Decides what becomes of a failure that a handler of {@code method} let out. */
  static HandlerErrorMapper of(Throwable failure, String method, CallContext context) {
    Throwable cause = unwrapped(failure);
    Status ended = inboundEnd(context);
    if (ended != null) {
      return new HandlerErrorMapper(ended, new Metadata(), false);
    }
    if (cause instanceof RpcException downstream) {
      return downstream.isRelayed() ? relayed(downstream) : downstream(downstream);
    }
    if (cause instanceof StatusRuntimeException thrown) {
      return thrown(thrown.getStatus(), thrown.getTrailers(), thrown);
    }
    if (cause instanceof StatusException thrown) {
      return thrown(thrown.getStatus(), thrown.getTrailers(), thrown);
    }
    // The exception stays here: its text is not written for strangers.
    return new HandlerErrorMapper(
        Status.UNKNOWN.withDescription("the handler of " + method + " failed"),
        new Metadata(),
        true);
  }

  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** How the inbound call itself ended, or null if its caller still waits. */
  private static @Nullable Status inboundEnd(CallContext context) {
    if (context.deadline().filter(deadline -> deadline.isExpired()).isPresent()) {
      return Status.DEADLINE_EXCEEDED.withDescription(
          "the deadline of " + context.method() + " passed while it was served");
    }
    return context.isCancelled()
        ? Status.CANCELLED.withDescription("the caller cancelled " + context.method())
        : null;
  }

  /** The handler let out the failure of a call that it made: its code is not the handler's own. */
  private static HandlerErrorMapper downstream(RpcException downstream) {
    return internal(
        "a call of "
            + downstream.method()
            + " made by the handler failed with "
            + downstream.code());
  }

  private static HandlerErrorMapper internal(String description) {
    return new HandlerErrorMapper(
        Status.INTERNAL.withDescription(description), new Metadata(), true);
  }

  /**
   * Passes on the status of another call, because the handler asked for that with {@code relay()}.
   */
  private static HandlerErrorMapper relayed(RpcException relayed) {
    Metadata trailers =
        relayed
            .details()
            .map(details -> StatusProto.toStatusRuntimeException(details).getTrailers())
            .orElseGet(Metadata::new);
    return new HandlerErrorMapper(relayed.getStatus().withCause(null), trailers, false);
  }

  /** Takes a status that the handler threw itself, unless it is that of a call that it made. */
  private static HandlerErrorMapper thrown(
      Status status, @Nullable Metadata trailers, Throwable thrown) {
    if (status.isOk()) {
      return internal("the handler threw a status of OK");
    }
    // An explanation shows that a stock stub over a channel of ours threw it.
    if (CallExplanation.of(thrown).isPresent()) {
      return internal("a call made by the handler failed with " + status.getCode());
    }
    return new HandlerErrorMapper(
        status.withCause(null), trailers == null ? new Metadata() : trailers, false);
  }
}
