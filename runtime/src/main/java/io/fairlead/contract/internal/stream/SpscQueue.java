package io.fairlead.contract.internal.stream;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue from one writing thread to one reading thread, without locks.
 *
 * <p>A slot that is null is free: a message goes in when it is, and comes out when it is not. The
 * two indexes belong to one thread each, so only the slots are shared. It cannot overflow, as the
 * reader asks for no more messages than it has slots; {@link #offer} says no to a peer that sends
 * more.
 */
final class SpscQueue<T> {
  private final AtomicReferenceArray<@Nullable T> slots;
  private int writeIndex;
  private int readIndex;

  SpscQueue(int capacity) {
    this.slots = new AtomicReferenceArray<>(capacity);
  }

  /** Adds a message; false if the queue is full. The writer's thread. */
  boolean offer(T message) {
    if (slots.get(writeIndex) != null) {
      return false;
    }
    slots.set(writeIndex, message);
    writeIndex = next(writeIndex);
    return true;
  }

  /** Takes a message; null if the queue is empty. The reader's thread. */
  @Nullable T poll() {
    T message = slots.get(readIndex);
    if (message != null) {
      slots.set(readIndex, null);
      readIndex = next(readIndex);
    }
    return message;
  }

  /** Returns whether there is no message. The reader's thread. */
  boolean isEmpty() {
    return slots.get(readIndex) == null;
  }

  private int next(int index) {
    return index + 1 == slots.length() ? 0 : index + 1;
  }
}
