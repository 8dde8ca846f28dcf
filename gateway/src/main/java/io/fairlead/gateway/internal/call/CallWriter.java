package io.fairlead.gateway.internal.call;

import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.util.concurrent.Future;

/** Writes the response of one call in one protocol. On the event loop. */
public interface CallWriter {
  /** Begins the response. Called once, before any message; not at all for a call without one. */
  void headers(Metadata headers);

  /** Sends a message; the future completes when it has left. */
  Future<?> message(byte[] encoded);

  /** Ends the response. Called once. */
  void close(Status status, Metadata trailers);
}
