package io.fairlead.contract.internal.stream;

import io.fairlead.RpcException;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Metadata;
import io.grpc.Status;

/**
 * How a call ended, as its listener was told. Immutable; the reader makes its exception from it.
 *
 * @param sawHeaders whether the other side had answered by then
 */
public record CallCompletion(Status status, Metadata trailers, boolean sawHeaders) {

  public boolean isOk() {
    return status.isOk();
  }

  /** Returns a new exception for the thread that reads, so that the trace is the reader's. */
  public RpcException failure(String method) {
    return RpcException.of(method, status, trailers, origin());
  }

  /**
   * If the channel attached an explanation, its origin wins. From the status alone: trailers come
   * over the wire only; a cause is local only; a cancellation or a deadline without either is this
   * side's own, as grpc-java reports them so; anything else after headers was an answer.
   */
  private StatusOrigin origin() {
    if (!trailers.keys().isEmpty()) {
      return StatusOrigin.WIRE;
    }
    if (status.getCause() != null) {
      return StatusOrigin.LOCAL;
    }
    return switch (status.getCode()) {
      case CANCELLED, DEADLINE_EXCEEDED -> StatusOrigin.LOCAL;
      default -> sawHeaders ? StatusOrigin.WIRE : StatusOrigin.LOCAL;
    };
  }
}
