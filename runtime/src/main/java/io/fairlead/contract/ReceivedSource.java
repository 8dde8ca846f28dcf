package io.fairlead.contract;

import io.fairlead.PollableSource;
import io.fairlead.internal.AbandonedSourceDetector;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** The reader's handle on the messages of a call. The call itself does not hold it. */
final class ReceivedSource<T> extends PollableSource<T> {
  private final Inbox<T> inbox;
  private final Cleaner.@Nullable Cleanable cleanable;

  private ReceivedSource(Inbox<T> inbox, boolean watched) {
    this.inbox = inbox;
    this.cleanable = watched ? AbandonedSourceDetector.watch(this, inbox) : null;
  }

  /** A client's stream: it may be forgotten, and then is cancelled. */
  static <T> ReceivedSource<T> watched(Inbox<T> inbox) {
    return new ReceivedSource<>(inbox, true);
  }

  /** A server's stream: it ends with its handler, so nobody has to watch it. */
  static <T> ReceivedSource<T> unwatched(Inbox<T> inbox) {
    return new ReceivedSource<>(inbox, false);
  }

  @Override
  public @Nullable T read() {
    try {
      return released(inbox.read());
    } finally {
      // A parked read must not look like an abandoned source.
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public @Nullable T poll() {
    try {
      return inbox.poll();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private @Nullable T released(@Nullable T message) {
    if (message == null && cleanable != null) {
      cleanable.clean();
    }
    return message;
  }

  @Override
  public boolean isDone() {
    return inbox.isDone();
  }

  @Override
  public void onReadable(Runnable wake) {
    inbox.onReadable(wake);
  }

  @Override
  public void close() {
    inbox.close("the source was closed by its reader", null);
    released(null);
  }

  @Override
  public void abandon(RuntimeException reason) {
    inbox.close("the call that read the source has ended: " + reason.getMessage(), reason);
    released(null);
  }

  @Override
  public String toString() {
    return inbox.toString();
  }
}
