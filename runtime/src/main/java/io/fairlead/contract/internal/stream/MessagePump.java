package io.fairlead.contract.internal.stream;

import io.fairlead.Source;
import io.fairlead.internal.executor.HandlerExecutor;
import java.util.concurrent.RejectedExecutionException;

/** Moves the messages of a source or a publisher into a call. */
public sealed interface MessagePump permits CallbackPump, BlockingPump, PublisherPump {

  /** Returns a pump for a source, which it takes; not started. */
  static <T> MessagePump of(
      Source<T> source, MessageSink<T> sink, String method, HandlerExecutor handlers) {
    source.take("the call of " + method);
    return source instanceof Source.Pollable<T> pollable
        ? new CallbackPump<>(pollable, sink)
        : new BlockingPump<>(source, sink, method, handlers);
  }

  /**
   * Begins, once the call has started.
   *
   * @throws RejectedExecutionException if it needs a thread and there is none
   */
  void start();

  /** Learns that the call takes messages again. */
  void onReady();

  /** Stops because the call has ended; the sender learns why. Any thread, any number of times. */
  void stop(RuntimeException reason);
}
