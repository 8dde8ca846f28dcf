package io.fairlead.gateway.internal.call;

import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Writes the response of one call in one protocol. On the event loop, except {@link #pack}. */
public interface CallWriter {
  /**
   * Compresses a message if the caller takes that. On the thread that sends the message, before
   * {@link #message} gets the result: this is too slow for an event loop.
   */
  default byte[] pack(byte[] encoded) {
    return encoded;
  }

  /** Begins the response. Called once, before any message; not at all for a call without one. */
  void headers(Metadata headers);

  /**
   * Sends a message. The future completes when it has left; null if it waits for nothing, as the
   * message is sent at the end.
   */
  @Nullable Future<?> message(byte[] packed);

  /** Ends the response. Called once. */
  void close(Status status, Metadata trailers);
}
