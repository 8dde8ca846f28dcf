package io.fairlead.contract.internal.stream;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes to a publisher and sends what it gives, asking for more while the call is ready.
 *
 * <p>What is asked for is bounded, so a slow receiver slows the publisher. The rules want the
 * subscription to be used by one thread at a time: the thread that comes first talks to it, and
 * others leave their wish in a counter. It cancels the subscription when the call ends first.
 */
public final class PublisherPump<T> implements Flow.Subscriber<T> {
  private static final int MAX_OUTSTANDING = 32;

  private final MessageSink<T> sink;
  private final String method;

  /** Above zero while a thread talks to the subscription: the rules want one at a time. */
  private final AtomicInteger asking = new AtomicInteger();

  /** Messages that were asked for and did not come yet. */
  private final AtomicInteger outstanding = new AtomicInteger();

  private volatile Flow.@Nullable Subscription subscription;

  /** The call takes no more messages: it has ended, or the publisher has. */
  private volatile boolean stopped;

  /** The publisher has said its last signal, so the subscription must not be used. */
  private volatile boolean finished;

  private boolean cancelled;

  public PublisherPump(MessageSink<T> sink, String method) {
    this.sink = sink;
    this.method = method;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    Objects.requireNonNull(given, "subscription");
    if (subscription != null || finished) {
      given.cancel();
      return;
    }
    subscription = given;
    ask();
  }

  @Override
  public void onNext(T message) {
    Objects.requireNonNull(message, "message");
    if (stopped) {
      return;
    }
    outstanding.decrementAndGet();
    try {
      sink.send(message);
    } catch (RuntimeException | Error e) {
      // A call that has ended meanwhile refuses messages; that is no failure of the publisher.
      boolean expected = stopped;
      stop();
      if (!expected) {
        sink.fail(e);
      }
      return;
    }
    ask();
  }

  @Override
  public void onError(Throwable failure) {
    Objects.requireNonNull(failure, "failure");
    if (finish()) {
      sink.fail(failure);
    }
  }

  @Override
  public void onComplete() {
    if (finish()) {
      sink.complete();
    }
  }

  /** The publisher has ended; false if the call had already. */
  private boolean finish() {
    boolean first = !stopped;
    stopped = true;
    // A subscription that has ended is not cancelled any more.
    finished = true;
    subscription = null;
    return first;
  }

  /** Learns that the call takes messages again. */
  public void onReady() {
    ask();
  }

  /** Cancels the subscription, as the call has ended. Any thread, any number of times. */
  public void stop() {
    stopped = true;
    ask();
  }

  private void ask() {
    if (asking.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    LoopActivity activity = EventLoopBlockDetector.shared().enter(method);
    try {
      do {
        askOnce();
        seen = asking.addAndGet(-seen);
      } while (seen != 0);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  private void askOnce() {
    Flow.Subscription known = subscription;
    if (known == null || cancelled) {
      return;
    }
    if (stopped) {
      cancelled = true;
      known.cancel();
      return;
    }
    int open = outstanding.get();
    if (open <= MAX_OUTSTANDING / 2 && sink.isReady()) {
      outstanding.addAndGet(MAX_OUTSTANDING - open);
      known.request(MAX_OUTSTANDING - open);
    }
  }
}
