package io.fairlead.conformance;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a call that does not block delivers, kept for the thread that runs the case. */
final class Arrivals<T> implements StreamObserver<T> {
  private final BlockingQueue<Arrival<T>> queue = new LinkedBlockingQueue<>();

  /**
   * One signal.
   *
   * @param message null at the end
   * @param failure null at a good end
   */
  record Arrival<T>(@Nullable T message, @Nullable Throwable failure) {
    /** The message, or null at a good end. */
    @Nullable T get() throws Exception {
      if (failure instanceof Exception e) {
        throw e;
      }
      return message;
    }
  }

  @Override
  public void onNext(T message) {
    queue.add(new Arrival<>(message, null));
  }

  @Override
  public void onError(Throwable failure) {
    queue.add(new Arrival<>(null, failure));
  }

  @Override
  public void onCompleted() {
    queue.add(new Arrival<>(null, null));
  }

  /** Waits for the next signal. */
  Arrival<T> take() throws InterruptedException {
    return queue.take();
  }

  /** Waits a moment for the next signal; null if none comes. */
  @Nullable Arrival<T> poll() throws InterruptedException {
    return queue.poll(5, TimeUnit.MILLISECONDS);
  }
}
