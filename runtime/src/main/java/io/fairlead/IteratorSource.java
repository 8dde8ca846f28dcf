package io.fairlead;

import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The elements of an iterator, on the reader's thread. It cannot be polled, as the iterator may
 * block. What it was made from is closed once, at the end or when it is closed.
 */
final class IteratorSource<T> extends Source<T> {
  private final Iterator<? extends T> messages;
  private final Runnable onClose;
  private volatile boolean closed;
  private boolean ended;

  IteratorSource(Iterator<? extends T> messages, Runnable onClose) {
    this.messages = messages;
    this.onClose = onClose;
  }

  @Override
  public @Nullable T read() {
    if (ended) {
      return null;
    }
    SourceClosed.check(closed, this);
    if (messages.hasNext()) {
      return Objects.requireNonNull(messages.next(), "a message of a Source");
    }
    ended = true;
    onClose.run();
    return null;
  }

  @Override
  public void close() {
    if (!closed && !ended) {
      closed = true;
      onClose.run();
    }
  }

  @Override
  public String toString() {
    return "Source.from(" + messages.getClass().getName() + ")";
  }
}
