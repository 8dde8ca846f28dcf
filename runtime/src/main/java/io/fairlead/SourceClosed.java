package io.fairlead;

import io.fairlead.observe.StatusOrigin;
import io.grpc.Status;

/**
 * The failures of a source that was closed or interrupted. Each is a new exception, so that its
 * trace is that of the reader.
 */
final class SourceClosed {
  private SourceClosed() {}

  static void check(boolean closed, Source<?> source) {
    if (closed) {
      throw failure(source);
    }
  }

  static RpcException failure(Source<?> source) {
    return RpcException.of(
        source.toString(),
        Status.CANCELLED.withDescription("the source was closed"),
        null,
        StatusOrigin.LOCAL);
  }

  static RpcException interrupted(Source<?> source) {
    return RpcException.of(
        source.toString(),
        Status.CANCELLED.withDescription("the reading thread was interrupted"),
        null,
        StatusOrigin.LOCAL);
  }
}
