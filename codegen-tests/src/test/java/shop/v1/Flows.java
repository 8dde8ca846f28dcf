package shop.v1;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Publishers from lists, and lists from publishers. */
final class Flows {
  private Flows() {}

  static <T> Flow.Publisher<T> of(List<T> items) {
    return subscriber -> subscriber.onSubscribe(new Listed<>(items.iterator(), subscriber));
  }

  static <T> CompletableFuture<List<T>> list(Flow.Publisher<T> publisher) {
    CompletableFuture<List<T>> all = new CompletableFuture<>();
    publisher.subscribe(
        new Flow.Subscriber<>() {
          private final List<T> seen = new ArrayList<>();

          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(T item) {
            seen.add(item);
          }

          @Override
          public void onError(Throwable error) {
            all.completeExceptionally(error);
          }

          @Override
          public void onComplete() {
            all.complete(seen);
          }
        });
    return all;
  }

  /** Emits on the thread that asks, one asker at a time. */
  private static final class Listed<T> implements Flow.Subscription {
    private final Iterator<T> rest;
    private final Flow.Subscriber<? super T> subscriber;
    private long wanted;
    private boolean emitting;
    private boolean over;

    Listed(Iterator<T> rest, Flow.Subscriber<? super T> subscriber) {
      this.rest = rest;
      this.subscriber = subscriber;
    }

    @Override
    public synchronized void request(long n) {
      wanted = Math.max(wanted, wanted + n);
      if (emitting) {
        return;
      }
      emitting = true;
      while (!over && wanted > 0 && rest.hasNext()) {
        wanted--;
        subscriber.onNext(rest.next());
      }
      emitting = false;
      if (!over && !rest.hasNext()) {
        over = true;
        subscriber.onComplete();
      }
    }

    @Override
    public synchronized void cancel() {
      over = true;
    }
  }
}
