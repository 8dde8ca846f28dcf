package io.fairlead.client.internal;

import io.grpc.Status;
import java.nio.channels.ClosedChannelException;

/**
 * Names a write to a connection that has just gone. grpc-java says UNKNOWN where it has not heard
 * yet why it went, e.g. for a server killed at this moment; it is what UNAVAILABLE is for.
 */
final class ConnectionLossStatus {
  private ConnectionLossStatus() {}

  /** The status itself, unless it is that. What came over the wire never has a cause. */
  static Status withConnectionLoss(Status status) {
    return status.getCode() == Status.Code.UNKNOWN
            && status.getCause() instanceof ClosedChannelException
        ? Status.UNAVAILABLE.withDescription("the connection was lost").withCause(status.getCause())
        : status;
  }
}
