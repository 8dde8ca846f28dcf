package io.fairlead.internal.executor;

import java.util.concurrent.RejectedExecutionException;

/** A handler that may block, on its way to a thread. */
public interface HandlerTask extends Runnable {

  /**
   * Says that no thread took it. Called instead of {@link #run}.
   *
   * @param why in words for the caller of the call
   */
  void onRejected(RejectedExecutionException why);
}
