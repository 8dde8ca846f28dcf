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

  /** The response headers; null until they came, and for an answer without any. */
  public @Nullable Metadata headers() {
    return headers;
  }

  /** The trailers; null until the call ended. */
  public @Nullable Metadata trailers() {
    return trailers;
  }

  /** How the call ended; null until it did. */
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
