package io.fairlead.conformance;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to its one subscriber what is sent to it, also what was sent before there was one. Any
 * thread may send.
 */
final class Outbox<T> implements Flow.Publisher<T>, Flow.Subscription {
  private final Queue<T> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong demand = new AtomicLong();

  /** Above zero while a thread talks to the subscriber. */
  private final AtomicInteger talking = new AtomicInteger();

  private volatile Flow.@Nullable Subscriber<? super T> subscriber;
  private volatile @Nullable Throwable failure;
  private volatile boolean ended;
  private volatile boolean over;
  private boolean introduced;

  void send(T message) {
    queue.add(message);
    deliver();
  }

  /** As {@link #send}, but fails when the subscriber wants no more. */
  void sendIfWanted(T message) {
    if (over) {
      throw new IllegalStateException("the subscriber has cancelled");
    }
    send(message);
  }

  /** Ends the sequence; with a failure, unless that is null. */
  void end(@Nullable Throwable why) {
    failure = why;
    ended = true;
    deliver();
  }

  /** Whether the subscriber wants no more. */
  boolean isOver() {
    return over;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> given) {
    subscriber = given;
    deliver();
  }

  @Override
  public void request(long n) {
    demand.addAndGet(n);
    deliver();
  }

  @Override
  public void cancel() {
    over = true;
  }

  private void deliver() {
    if (talking.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      deliverAll();
      seen = talking.addAndGet(-seen);
    } while (seen != 0);
  }

  private void deliverAll() {
    Flow.Subscriber<? super T> known = subscriber;
    if (known == null) {
      return;
    }
    if (!introduced) {
      introduced = true;
      known.onSubscribe(this);
    }
    while (!over && demand.get() > 0) {
      T message = queue.poll();
      if (message == null) {
        break;
      }
      demand.decrementAndGet();
      known.onNext(message);
    }
    if (!over && ended && queue.isEmpty()) {
      over = true;
      Throwable why = failure;
      if (why == null) {
        known.onComplete();
      } else {
        known.onError(why);
      }
    }
  }
}
