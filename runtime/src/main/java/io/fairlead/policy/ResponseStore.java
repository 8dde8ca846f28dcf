package io.fairlead.policy;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Shares responses of a cache with other processes, such as by Redis. A channel keeps responses in
 * its memory first, and asks the store for those that it does not have.
 *
 * <p>A store that fails, or is slow, is a miss and never fails a call. After a failure the channel
 * leaves it alone for a second. Several threads call it; it should not block, and runs on threads
 * that may.
 */
public interface ResponseStore {
  /**
   * Returns the bytes that {@link #put} was given under this key; null for none.
   *
   * @param key the full name of the method and a digest; at most 200 printable characters of ASCII
   *     beside the name
   */
  CompletionStage<byte @Nullable []> get(String key);

  /**
   * Stores bytes that need not be kept any longer than this. The stage ends when that is done, or
   * has failed.
   */
  CompletionStage<?> put(String key, byte[] value, Duration timeToLive);
}
