package io.fairlead;

import org.jspecify.annotations.Nullable;

/**
 * A source that can also be read without blocking. The runtime moves its messages from callbacks,
 * with no thread of its own. Lists, pipes and the streams of calls are such sources.
 *
 * <p>{@link #poll} and {@link #isDone} are called by one thread at a time.
 */
public abstract class PollableSource<T> extends Source<T> {

  /** For the runtime. */
  protected PollableSource() {}

  /**
   * Returns the next message, or null when there is none now.
   *
   * @throws RuntimeException the failure that ends this source, after the messages before it
   */
  public abstract @Nullable T poll();

  /** Returns whether everything was polled and nothing will come. */
  public abstract boolean isDone();

  /**
   * Sets what to run, briefly and on any thread, whenever {@link #poll} or {@link #isDone} may
   * answer anew. Set once, by the one reader, who polls once of its own accord after that.
   */
  public abstract void onReadable(Runnable wake);

  /** Closes the source, and tells whoever still sends why. */
  public void abandon(RuntimeException reason) {
    close();
  }
}
