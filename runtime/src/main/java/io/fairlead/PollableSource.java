package io.fairlead;

import org.jspecify.annotations.Nullable;

/**
 * A source that can also be read without blocking. The runtime moves its messages from callbacks,
 * with no thread of its own. Lists, pipes and the streams of calls are such sources.
 *
 * <p>{@link #poll} and {@link #isDone} are called by one thread at a time.
 */
public interface PollableSource<T> extends Source<T> {

  /**
   * The next message, or null when there is none now.
   *
   * @throws RuntimeException the failure that ends this source, after the messages before it
   */
  @Nullable T poll();

  /** Whether everything was polled and nothing will come. */
  boolean isDone();

  /**
   * Sets what to run, briefly and on any thread, whenever {@link #poll} or {@link #isDone} may
   * answer anew. Set once, by the one reader; run at once if there is something already.
   */
  void onReadable(Runnable wake);

  /** Closes the source, and tells whoever still sends why. */
  default void abandon(RuntimeException reason) {
    close();
  }
}
