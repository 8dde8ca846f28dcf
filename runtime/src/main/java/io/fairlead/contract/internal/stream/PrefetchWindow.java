package io.fairlead.contract.internal.stream;

import com.google.protobuf.MessageLite;

/**
 * How many messages to ask for ahead of the reader: few large ones, more small ones.
 *
 * <p>The aim is about 256 KiB ahead, and at most 64 messages. More is asked for when half of that
 * has been read, since asking costs a task of the event loop. Not safe for use by several threads;
 * the reader's thread uses it.
 */
final class PrefetchWindow {
  /** The most messages that are asked for and not yet read. */
  static final int MAX_MESSAGES = 64;

  /** Until a message has shown its size. */
  static final int INITIAL_MESSAGES = 4;

  private static final int TARGET_BYTES = 256 * 1024;

  private int outstanding;

  int first() {
    outstanding = INITIAL_MESSAGES;
    return INITIAL_MESSAGES;
  }

  /** Returns how many more to ask for, now that {@code message} was read; often zero. */
  int read(Object message) {
    outstanding--;
    // Asking costs a visit to the event loop, so ask for many at a time.
    if (outstanding > MAX_MESSAGES / 2) {
      return 0;
    }
    int target = target(message);
    if (outstanding > target / 2) {
      return 0;
    }
    int more = target - outstanding;
    outstanding = target;
    return more;
  }

  private static int target(Object message) {
    int bytes = message instanceof MessageLite known ? known.getSerializedSize() : 1024;
    return Math.max(1, Math.min(MAX_MESSAGES, TARGET_BYTES / Math.max(1, bytes)));
  }
}
