package io.fairlead.contract.internal.stream;

import io.fairlead.Source;
import io.fairlead.internal.AbandonedSourceDetector;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The reader's handle on the messages of a call.
 *
 * <p>The call does not hold it, so a source that its reader forgot becomes unreachable while the
 * call still runs. On a client the cleaner then cancels the call. On a server the handler's end
 * does that.
 */
public final class InboundSource<T> extends Source.Pollable<T> {
  private final InboundMessageQueue<T> queue;
  private final Cleaner.@Nullable Cleanable cleanable;

  private InboundSource(InboundMessageQueue<T> queue, boolean watched) {
    this.queue = queue;
    this.cleanable = watched ? AbandonedSourceDetector.watch(this, queue) : null;
  }

  /** Returns a client's stream: it may be forgotten, and then is cancelled. */
  public static <T> InboundSource<T> watched(InboundMessageQueue<T> queue) {
    return new InboundSource<>(queue, true);
  }

  /** Returns a server's stream: it ends with its handler, so nobody has to watch it. */
  public static <T> InboundSource<T> unwatched(InboundMessageQueue<T> queue) {
    return new InboundSource<>(queue, false);
  }

  @Override
  public @Nullable T read() {
    try {
      return released(queue.read());
    } finally {
      // A parked read must not look like an abandoned source.
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public @Nullable T poll() {
    try {
      return queue.poll();
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
    return queue.isDone();
  }

  @Override
  public void onReadable(Runnable wake) {
    queue.onReadable(wake);
  }

  @Override
  public void close() {
    queue.close("the source was closed by its reader", null);
    released(null);
  }

  @Override
  public void abandon(RuntimeException reason) {
    queue.close("the call that read the source has ended: " + reason.getMessage(), reason);
    released(null);
  }

  @Override
  public String toString() {
    return queue.toString();
  }
}
