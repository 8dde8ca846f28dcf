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

  /** Returns the response headers; null before they arrive, and for a response without any. */
  public @Nullable Metadata headers() {
    return headers;
  }

  /**
   * A stage that completes with the response headers as soon as they have come, be it before the
   * first message of either side. It fails with the call's failure if the call ends without any.
   * Ask before or after the call begins. Code that depends on the stage runs on the event loop.
   *
   * <p>A unary call gives its headers with its response.
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

  void started() {
    headers = null;
    trailers = null;
    status = null;
    if (arrival.isDone()) {
      // Of an earlier call; who asked before this one began keeps the stage that he has.
      arrival = new CompletableFuture<>();
    }
  }

  void headers(Metadata received) {
    headers = received;
    arrival.complete(received);
  }

  void closed(Status ended, Metadata received) {
    trailers = received;
    status = ended;
    if (ended.isOk()) {
      arrival.complete(new Metadata());
    } else {
      arrival.completeExceptionally(ended.asRuntimeException(received));
    }
  }

  @Override
  public String toString() {
    return "ResponseCapture[headers=" + headers + ", trailers=" + trailers + ", " + status + "]";
  }
}
