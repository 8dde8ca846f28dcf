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
public final class PublisherPump<T> implements MessagePump, Flow.Subscriber<T> {
  private static final int MAX_OUTSTANDING = 32;

  private final Flow.Publisher<T> publisher;
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

  /** A pump for a publisher, to which it has not subscribed yet. */
  public PublisherPump(Flow.Publisher<T> publisher, MessageSink<T> sink, String method) {
    this.publisher = publisher;
    this.sink = sink;
    this.method = method;
  }

  @Override
  public void start() {
    publisher.subscribe(this);
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
    if (message == null) {
      // The rules want it thrown; a publisher that does not see it must not leave the call open.
      NullPointerException refusal =
          new NullPointerException("a message in the stream of " + method + " is null");
      failed(refusal);
      throw refusal;
    }
    if (stopped) {
      return;
    }
    outstanding.decrementAndGet();
    try {
      sink.send(message);
    } catch (RuntimeException | Error e) {
      failed(e);
      return;
    }
    ask();
  }

  private void failed(Throwable e) {
    // A call that has ended meanwhile refuses messages; that is no failure of the publisher.
    boolean expected = stopped;
    stop();
    if (!expected) {
      sink.fail(e);
    }
  }

  @Override
  public void onError(Throwable failure) {
    if (failure == null) {
      // As for a message that is null.
      NullPointerException refusal =
          new NullPointerException("the failure of the stream of " + method + " is null");
      onError(refusal);
      throw refusal;
    }
    if (finish()) {
      sink.fail(failure);
    }
  }

  @Override
  public void onComplete() {
    if (finish()) {
      try {
        sink.complete();
      } catch (RuntimeException e) {
        // A call that was cancelled at this moment refuses it, which is no business of a publisher.
        sink.fail(e);
      }
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

  @Override
  public void onReady() {
    ask();
  }

  /** Cancels the subscription; a publisher has no use for the reason. */
  @Override
  public void stop(RuntimeException reason) {
    stop();
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
