package io.fairlead;

import io.fairlead.internal.Plural;
import java.util.Collection;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Messages that are all there already. Pollable, so it needs no thread: callbacks of the event loop
 * carry them into a call.
 */
final class CollectionSource<T> extends Source.Pollable<T> {
  private final Collection<? extends T> messages;
  private final Iterator<? extends T> rest;
  private volatile boolean closed;

  CollectionSource(Collection<? extends T> messages) {
    this.messages = messages;
    this.rest = messages.iterator();
  }

  @Override
  public @Nullable T poll() {
    SourceClosed.check(closed, this);
    return rest.hasNext() ? Objects.requireNonNull(rest.next(), "a message of a Source") : null;
  }

  @Override
  public @Nullable T read() {
    return poll();
  }

  @Override
  public boolean isDone() {
    return !rest.hasNext();
  }

  @Override
  public void onReadable(Runnable wake) {
    // Everything is readable from the start.
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public String toString() {
    return "Source.from(" + Plural.of(messages.size(), "message") + ")";
  }
}
