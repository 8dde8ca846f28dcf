package io.fairlead;

import io.fairlead.internal.executor.HandlerExecutor;
import io.grpc.Context;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the messages of a source to its one subscriber. A source that can be polled needs no
 * thread; any other is read on one, while messages are wanted.
 */
final class SourcePublisher<T> implements Flow.Publisher<T>, Flow.Subscription, Runnable {
  private final Source<T> source;
  private final Source.@Nullable Pollable<T> pollable;
  private final AtomicLong demand = new AtomicLong();

  /** Above zero while a thread delivers; others count themselves in and leave the work to it. */
  private final AtomicInteger delivering = new AtomicInteger();

  /** Null before there is one, and again when it hears nothing more. */
  private volatile Flow.@Nullable Subscriber<? super T> subscriber;

  private volatile @Nullable Throwable broken;

  SourcePublisher(Source<T> source) {
    this.source = source;
    this.pollable = source instanceof Source.Pollable<T> known ? known : null;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> given) {
    Objects.requireNonNull(given, "subscriber");
    try {
      source.take("its subscriber");
    } catch (IllegalStateException taken) {
      // The rules want onSubscribe before any other signal.
      given.onSubscribe(new SourcePublisher<>(source));
      given.onError(taken);
      return;
    }
    // Nothing is delivered before onSubscribe has returned.
    delivering.set(1);
    subscriber = given;
    given.onSubscribe(this);
    if (pollable != null) {
      pollable.onReadable(this::wake);
    }
    deliver();
  }

  @Override
  public void request(long n) {
    if (n <= 0) {
      broken = new IllegalArgumentException("a subscriber of " + source + " requested " + n);
    } else {
      demand.accumulateAndGet(n, (had, more) -> had + more < 0 ? Long.MAX_VALUE : had + more);
    }
    wake();
  }

  @Override
  public void cancel() {
    if (subscriber != null) {
      subscriber = null;
      source.close();
    }
  }

  private void wake() {
    if (delivering.getAndIncrement() == 0) {
      deliver();
    }
  }

  private void deliver() {
    if (pollable != null) {
      run();
      return;
    }
    try {
      HandlerExecutor.shared().runStream(Context.current().wrap(this));
    } catch (RejectedExecutionException e) {
      broken = e;
      run();
    }
  }

  /** Delivers what is wanted and there. */
  @Override
  public void run() {
    int seen = delivering.get();
    do {
      deliverAll();
      seen = delivering.addAndGet(-seen);
    } while (seen != 0);
  }

  private void deliverAll() {
    try {
      for (Flow.Subscriber<? super T> to = subscriber; to != null; to = subscriber) {
        Throwable failure = broken;
        if (failure != null) {
          source.close();
          end(failure);
          return;
        }
        // Read once: a request that comes meanwhile must not make a source that was not read end.
        boolean wanted = demand.get() > 0;
        T message = null;
        if (wanted) {
          message = pollable == null ? source.read() : pollable.poll();
        }
        if (message == null) {
          if (pollable == null ? wanted : pollable.isDone()) {
            end(null);
          }
          return;
        }
        if (demand.get() != Long.MAX_VALUE) {
          demand.decrementAndGet();
        }
        to.onNext(message);
      }
    } catch (Throwable e) {
      // A subscriber that throws reads no more, and an open source holds its call.
      source.close();
      end(e);
    }
  }

  private void end(@Nullable Throwable failure) {
    Flow.Subscriber<? super T> to = subscriber;
    subscriber = null;
    if (to != null && failure == null) {
      to.onComplete();
    } else if (to != null && failure != null) {
      to.onError(failure);
    }
  }

  @Override
  public String toString() {
    return source + ".publisher()";
  }
}
