package io.fairlead;

import io.fairlead.observe.StatusOrigin;
import io.grpc.Status;

/** What reading a closed source throws. */
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
