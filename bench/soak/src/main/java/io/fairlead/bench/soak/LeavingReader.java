package io.fairlead.bench.soak;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import shop.v1.StockLevel;

/** Subscribes on one thread and cancels on another, wherever the request of its call is by then. */
final class LeavingReader implements Flow.Subscriber<StockLevel>, Runnable {
  private final CountDownLatch subscribed = new CountDownLatch(1);
  private volatile Flow.@Nullable Subscription subscription;

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    subscribed.countDown();
    given.request(Long.MAX_VALUE);
  }

  /** The other thread. */
  @Override
  public void run() {
    try {
      if (subscribed.await(1, TimeUnit.MINUTES) && subscription != null) {
        subscription.cancel();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void onNext(StockLevel level) {}

  @Override
  public void onError(Throwable failure) {}

  @Override
  public void onComplete() {}
}
