package io.fairlead;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Iterates over a source. It reads one message ahead, as {@link #hasNext} has to, and keeps the
 * source reachable while it is used.
 */
final class SourceIterator<T> implements Iterator<T> {
  private final Source<T> source;
  private @Nullable T next;
  private boolean done;

  SourceIterator(Source<T> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !done) {
      next = source.read();
      done = next == null;
    }
    return next != null;
  }

  @Override
  public T next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException("the end of " + source);
    }
    T message = next;
    next = null;
    return message;
  }
}
