package io.fairlead.contract;

import com.google.protobuf.Int64Value;
import java.util.concurrent.Flow;

/** Publishes the numbers below a bound, as many as are asked for, on the thread that asks. */
public record Numbers(long bound) implements Flow.Publisher<Int64Value> {
  @Override
  public void subscribe(Flow.Subscriber<? super Int64Value> subscriber) {
    subscriber.onSubscribe(new Counter(subscriber, bound));
  }

  private static final class Counter implements Flow.Subscription {
    private final Flow.Subscriber<? super Int64Value> subscriber;
    private final long bound;
    private long next;
    private long asked;
    private boolean running;
    private boolean over;

    Counter(Flow.Subscriber<? super Int64Value> subscriber, long bound) {
      this.subscriber = subscriber;
      this.bound = bound;
    }

    @Override
    public void request(long n) {
      synchronized (this) {
        asked += n;
        if (running) {
          return;
        }
        running = true;
      }
      while (true) {
        long number;
        synchronized (this) {
          boolean ends = next >= bound;
          if (over || (asked == 0 && !ends)) {
            running = false;
            return;
          }
          over = ends;
          asked--;
          number = next++;
        }
        if (number < bound) {
          subscriber.onNext(Int64Value.of(number));
        } else {
          subscriber.onComplete();
        }
      }
    }

    @Override
    public synchronized void cancel() {
      over = true;
    }
  }
}
