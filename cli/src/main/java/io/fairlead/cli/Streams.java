package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The streams of several processes, read by one thread in the order in which messages arrive.
 * Closing it ends the streams.
 */
final class Streams<M> implements AutoCloseable {
  /** Requested at once; more only when they are read, so that a slow terminal holds up none. */
  private static final int WINDOW = 64;

  private final BlockingQueue<Event<M>> events = new LinkedBlockingQueue<>();
  private final List<Reader> readers = new ArrayList<>();
  private int open;

  /**
   * What a process sent.
   *
   * @param message null at the end of its stream
   * @param failure why it ended; null if it ended by itself
   */
  record Event<M>(AdminTarget from, @Nullable M message, @Nullable Throwable failure) {}

  void add(AdminTarget from, Flow.Publisher<M> stream) {
    Reader reader = new Reader(from);
    readers.add(reader);
    open++;
    stream.subscribe(reader);
  }

  /** Waits for the next message or end of one stream; null when all have ended. */
  @Nullable Event<M> next() throws InterruptedException {
    if (open == 0) {
      return null;
    }
    Event<M> event = events.take();
    taken(event);
    return event;
  }

  private void taken(Event<M> event) {
    if (event.message() == null) {
      open--;
      return;
    }
    for (Reader reader : readers) {
      if (reader.from == event.from()) {
        reader.request(1);
      }
    }
  }

  /** Whether a stream has not ended. */
  boolean isOpen() {
    return open > 0;
  }

  /** Waits for the next message or end of one stream; null if none comes in this time. */
  @Nullable Event<M> poll(long nanos) throws InterruptedException {
    Event<M> event = events.poll(nanos, TimeUnit.NANOSECONDS);
    if (event != null) {
      taken(event);
    }
    return event;
  }

  @Override
  public void close() {
    readers.forEach(Reader::cancel);
  }

  /** The stream of one process. Its callbacks come one at a time. */
  private final class Reader implements Flow.Subscriber<M> {
    private final AdminTarget from;
    private volatile Flow.@Nullable Subscription subscription;

    Reader(AdminTarget from) {
      this.from = from;
    }

    void request(long count) {
      Flow.Subscription stream = subscription;
      if (stream != null) {
        stream.request(count);
      }
    }

    void cancel() {
      Flow.Subscription stream = subscription;
      if (stream != null) {
        stream.cancel();
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(WINDOW);
    }

    @Override
    public void onNext(M message) {
      events.add(new Event<>(from, message, null));
    }

    @Override
    public void onError(Throwable failure) {
      events.add(new Event<>(from, null, failure));
    }

    @Override
    public void onComplete() {
      events.add(new Event<>(from, null, null));
    }
  }
}
