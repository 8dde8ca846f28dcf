package io.fairlead;

import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the response headers, trailers and status of one call. Give it to {@link CallSettings}; use
 * a new one for each call, or read it between calls. Safe for use by several threads.
 */
public final class ResponseCapture {
  private volatile @Nullable Metadata headers;
  private volatile @Nullable Metadata trailers;
  private volatile @Nullable Status status;

  /** Returns the response headers; null before they arrive, and for a response without any. */
  public @Nullable Metadata headers() {
    return headers;
  }

  /** Returns the trailers; null until the call has ended. */
  public @Nullable Metadata trailers() {
    return trailers;
  }

  /** Returns how the call ended; null until it has ended. */
  public @Nullable Status status() {
    return status;
  }

  void started() {
    headers = null;
    trailers = null;
    status = null;
  }

  void headers(Metadata received) {
    headers = received;
  }

  void closed(Status ended, Metadata received) {
    trailers = received;
    status = ended;
  }

  @Override
  public String toString() {
    return "ResponseCapture[headers=" + headers + ", trailers=" + trailers + ", " + status + "]";
  }
}
