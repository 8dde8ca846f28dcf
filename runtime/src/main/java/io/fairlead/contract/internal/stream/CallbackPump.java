package io.fairlead.contract.internal.stream;

import io.fairlead.Source;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Moves messages whenever there is one and the call is ready, on the thread that made it so: the
 * writer's of a pipe, the event loop for a list.
 *
 * <p>Several threads may find work at the same time. The first one drains, the others count
 * themselves in and leave; the drainer goes on until nobody was added. So messages keep their order
 * without a lock, and no thread waits for another.
 */
final class CallbackPump<T> implements MessagePump {
  private final Source.Pollable<T> source;
  private final MessageSink<T> sink;

  /** Above zero while a thread drains; others count themselves in and leave the work to it. */
  private final AtomicInteger draining = new AtomicInteger();

  /** Whether source and call are done with each other; only the draining thread touches it. */
  private boolean ended;

  private volatile @Nullable RuntimeException stopped;

  CallbackPump(Source.Pollable<T> source, MessageSink<T> sink) {
    this.source = source;
    this.sink = sink;
  }

  @Override
  public void start() {
    source.onReadable(this::drain);
    drain();
  }

  @Override
  public void onReady() {
    drain();
  }

  @Override
  public void stop(RuntimeException reason) {
    stopped = reason;
    drain();
  }

  private void drain() {
    if (draining.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      if (!ended) {
        moveAll();
      }
      seen = draining.addAndGet(-seen);
    } while (seen != 0);
  }

  private void moveAll() {
    try {
      while (stopped == null && sink.isReady()) {
        T message = source.poll();
        if (message == null) {
          if (source.isDone()) {
            ended = true;
            source.close();
            sink.complete();
          }
          break;
        }
        sink.send(message);
      }
    } catch (Throwable e) {
      // A call that was cancelled meanwhile refuses messages; that is no failure of the source.
      if (stopped == null) {
        ended = true;
        source.close();
        sink.fail(e);
      }
    }
    RuntimeException reason = stopped;
    if (reason != null && !ended) {
      ended = true;
      source.abandon(reason);
    }
  }
}
