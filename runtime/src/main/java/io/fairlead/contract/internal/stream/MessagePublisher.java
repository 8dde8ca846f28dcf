package io.fairlead.contract.internal.stream;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one call for one subscriber. Cold: the call is asked to begin on subscribe. A
 * second subscriber is refused, as the rules of Reactive Streams demand.
 *
 * <p>The call delivers with {@link #message} and {@link #end}, one at a time and never before
 * {@link Upstream#begin} was called. The end may come from another thread while a message is being
 * delivered; the counter {@link #signalling} then leaves it to the thread that delivers, so that
 * signals never overlap. Requests of the subscriber are serialised in the same way.
 */
public final class MessagePublisher<T> implements Flow.Publisher<T>, Flow.Subscription {
  private final String method;
  private final Upstream upstream;
  private final Demand demand = new Demand();

  /** Above zero while a thread asks the call for messages. */
  private final AtomicInteger asking = new AtomicInteger();

  /** Whether somebody has subscribed; the second subscriber is refused. */
  private final AtomicBoolean claimed = new AtomicBoolean();

  /** The first end that was said; it is delivered after the messages before it. */
  private final AtomicReference<@Nullable End> ending = new AtomicReference<>();

  /** One while a signal runs; one more for good once the end is said. Begins in onSubscribe. */
  private final AtomicInteger signalling = new AtomicInteger(1);

  /** Null before it has subscribed, and after its last signal. */
  private volatile Flow.@Nullable Subscriber<? super T> subscriber;

  /** Whether the call was started; requests before that wait. */
  private volatile boolean begun;

  /** Where the messages come from. */
  public interface Upstream {
    /** Begins, as there is a subscriber. Called once. */
    void begin();

    /** Asks for messages; called by one thread at a time, after {@link #begin}. */
    void request(int messages);

    /**
     * Learns that nothing more is wanted. Any thread; may come before {@link #begin} has returned.
     */
    void cancel(String reason, @Nullable Throwable cause);
  }

  public MessagePublisher(String method, Upstream upstream) {
    this.method = method;
    this.upstream = upstream;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> given) {
    Objects.requireNonNull(given, "subscriber");
    if (!claimed.compareAndSet(false, true)) {
      FailedPublisher.refuse(
          given,
          new IllegalStateException(
              "the stream of "
                  + method
                  + " has its one subscriber already; call again for another"));
      return;
    }
    subscriber = given;
    signal(() -> given.onSubscribe(this));
    leave();
    if (subscriber == null) {
      return;
    }
    try {
      upstream.begin();
    } catch (RuntimeException | Error e) {
      end(e);
      return;
    }
    begun = true;
    ask();
  }

  @Override
  public void request(long n) {
    if (n <= 0) {
      IllegalArgumentException refusal =
          new IllegalArgumentException(
              "a subscriber of " + method + " requested " + n + "; rule 3.9 wants more than 0");
      end(refusal);
      upstream.cancel("the subscriber broke rule 3.9", refusal);
    } else if (subscriber != null) {
      demand.add(n);
      ask();
    }
  }

  /** Serialised, as it may be called from inside a delivery and from any other thread. */
  private void ask() {
    if (!begun || asking.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      for (int n = demand.take(); n > 0; n = demand.take()) {
        upstream.request(n);
      }
      seen = asking.addAndGet(-seen);
    } while (seen != 0);
  }

  @Override
  public void cancel() {
    if (subscriber != null) {
      // Dropped, so that a cancelled subscriber can be collected.
      subscriber = null;
      upstream.cancel("the subscriber cancelled", null);
    }
  }

  /** Delivers a message. */
  public void message(T message) {
    Flow.Subscriber<? super T> known = subscriber;
    if (known == null || signalling.getAndIncrement() != 0) {
      // Cancelled, or the end was said from another thread.
      return;
    }
    try {
      signal(() -> known.onNext(message));
    } catch (RuntimeException | Error e) {
      // The rules forbid it; the subscriber is broken, and counts as having cancelled.
      subscriber = null;
      upstream.cancel("the subscriber failed: " + e, e);
      throw e;
    }
    leave();
    if (demand.delivered()) {
      ask();
    }
  }

  /** Ends the sequence, with success or a failure. The first end counts. */
  public void end(@Nullable Throwable failure) {
    if (ending.compareAndSet(null, new End(failure)) && signalling.getAndIncrement() == 0) {
      deliverEnd();
    }
  }

  private void leave() {
    if (signalling.decrementAndGet() != 0) {
      deliverEnd();
    }
  }

  private void deliverEnd() {
    Flow.Subscriber<? super T> known = subscriber;
    End end = ending.get();
    if (known == null || end == null) {
      return;
    }
    subscriber = null;
    Throwable failure = end.failure();
    signal(failure == null ? known::onComplete : () -> known.onError(failure));
  }

  private void signal(Runnable code) {
    LoopActivity activity = EventLoopBlockDetector.shared().enter(method);
    try {
      code.run();
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  private record End(@Nullable Throwable failure) {}

  @Override
  public String toString() {
    return "the stream of " + method;
  }
}
