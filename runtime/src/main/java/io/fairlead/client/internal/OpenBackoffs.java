package io.fairlead.client.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls of a channel that are between two attempts, where grpc-java knows nothing of them.
 *
 * <p>The end of the channel reaches them from here. It also is the channel's record of whether it
 * is closing, which attempts ask before they follow a failed one. Timers add and remove themselves
 * on any thread.
 */
final class OpenBackoffs {
  private final Set<BackoffTimer> timers = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  void add(BackoffTimer timer) {
    timers.add(timer);
  }

  void remove(BackoffTimer timer) {
    timers.remove(timer);
  }

  int size() {
    return timers.size();
  }

  /** Returns whether the channel is closing, so that no attempt follows a failed one. */
  boolean closing() {
    return closing;
  }

  /**
   * Says that the channel is closing: a timer that begins from now on ends at once.
   *
   * @return false if that was said before
   */
  synchronized boolean close() {
    boolean first = !closing;
    closing = true;
    return first;
  }

  /** Ends all that are open. */
  void abortAll() {
    timers.forEach(BackoffTimer::channelClosed);
  }
}
