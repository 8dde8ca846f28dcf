package io.fairlead.observe.internal;

import io.fairlead.observe.AttemptOutcome.RpcProgress;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Tells how far the request of a failed attempt got. Conservative: a request counts as sent unless
 * it is known not to have been.
 *
 * <p>grpc-java knows it, but keeps it to itself; what it lets out is the text of the status and the
 * events of the stream. Contract tests on raw frames pin both.
 */
final class RpcProgressTracker {
  private static final String REFUSED_STREAM =
      "RST_STREAM closed stream. HTTP/2 error code: REFUSED_STREAM";

  /** The server named the last stream that it looked at, and this one came after it. */
  private static final String AFTER_GOAWAY =
      "Abrupt GOAWAY closed sent stream. HTTP/2 error code: NO_ERROR";

  private RpcProgressTracker() {}

  /**
   * Returns how far it got.
   *
   * @param created whether a connection took the stream
   * @param left whether the request's headers were written to the socket
   * @param answered whether headers or trailers came back
   */
  static RpcProgress of(Status status, boolean created, boolean left, boolean answered) {
    if (answered) {
      return RpcProgress.SENT;
    }
    if (!created) {
      return RpcProgress.NOT_CONNECTED;
    }
    if (!left) {
      return RpcProgress.NOT_SENT;
    }
    return status.getCode() == Status.Code.UNAVAILABLE && isRefusal(status.getDescription())
        ? RpcProgress.REFUSED
        : RpcProgress.SENT;
  }

  private static boolean isRefusal(@Nullable String description) {
    return description != null
        && (description.startsWith(REFUSED_STREAM) || description.startsWith(AFTER_GOAWAY));
  }
}
