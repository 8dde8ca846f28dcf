package io.fairlead;

import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the response headers, trailers and status of one call. Give it to {@link CallSettings}; use
 * a new one for each call, or read it between calls. Safe for use by several threads.
 */
public final class ResponseCapture {
  private volatile @Nullable Metadata headers;
  private volatile @Nullable Metadata trailers;
  private volatile @Nullable Status status;
  private volatile CompletableFuture<Metadata> arrival = new CompletableFuture<>();

  /** Whether a call has begun; written by the threads that begin calls, one after the other. */
  private volatile boolean used;

  /** Returns the response headers; null before they arrive, and for a response without any. */
  public @Nullable Metadata headers() {
    return headers;
  }

  /**
   * Returns a stage that completes with the response headers as soon as they have come, be it
   * before the first message of either side. If the call fails before that, the stage fails with
   * the same {@link RpcException}. A call that ends well without headers gives empty ones. Code
   * that depends on the stage runs on the event loop.
   *
   * <p>The stage is that of the call that began last. Ask before the first call begins, or after
   * any. A unary call gives its headers with its response.
   */
  public CompletionStage<Metadata> whenHeaders() {
    return arrival.minimalCompletionStage();
  }

  /** Returns the trailers; null until the call has ended. */
  public @Nullable Metadata trailers() {
    return trailers;
  }

  /** Returns how the call ended; null until it has ended. */
  public @Nullable Status status() {
    return status;
  }

  /** A call begins, and completes the future that this returns, whatever begins after it. */
  CompletableFuture<Metadata> started() {
    headers = null;
    trailers = null;
    status = null;
    if (used) {
      arrival = new CompletableFuture<>();
    }
    used = true;
    return arrival;
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
