package io.fairlead.contract;

import io.fairlead.PollableSource;
import io.fairlead.Source;
import io.fairlead.internal.executor.HandlerExecutor;
import java.util.concurrent.RejectedExecutionException;

/** Moves the messages of a source into a call. */
sealed interface Pump permits PolledPump, ThreadPump {

  /** A pump for a source, which it takes; not started. */
  static <T> Pump of(Source<T> source, Outlet<T> outlet, String method, HandlerExecutor handlers) {
    source.take("the call of " + method);
    return source instanceof PollableSource<T> pollable
        ? new PolledPump<>(pollable, outlet)
        : new ThreadPump<>(source, outlet, method, handlers);
  }

  /**
   * Begins, once the call has started.
   *
   * @throws RejectedExecutionException if it needs a thread and there is none
   */
  void start();

  /** The call takes messages again. */
  void onReady();

  /** The call has ended: whoever still sends learns why. Any thread, any number of times. */
  void stop(RuntimeException reason);
}
