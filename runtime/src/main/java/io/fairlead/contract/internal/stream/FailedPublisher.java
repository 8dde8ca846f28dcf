package io.fairlead.contract.internal.stream;

import java.util.Objects;
import java.util.concurrent.Flow;

/** Gives every subscriber the same failure. */
public record FailedPublisher<T>(Throwable failure) implements Flow.Publisher<T> {
  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    refuse(subscriber, failure);
  }

  static void refuse(Flow.Subscriber<?> subscriber, Throwable failure) {
    Objects.requireNonNull(subscriber, "subscriber");
    // The rules want onSubscribe before any other signal.
    subscriber.onSubscribe(NothingMore.INSTANCE);
    subscriber.onError(failure);
  }

  private enum NothingMore implements Flow.Subscription {
    INSTANCE;

    @Override
    public void request(long n) {}

    @Override
    public void cancel() {}
  }
}
