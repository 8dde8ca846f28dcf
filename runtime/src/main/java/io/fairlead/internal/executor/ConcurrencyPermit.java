package io.fairlead.internal.executor;

import io.grpc.Context;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A permit that a call holds in a server, until the call is over and no thread works on it any
 * more.
 *
 * <p>A handler that continues after its caller has left still costs what it costs, so its permit is
 * not free. The count is of holders: the call itself, and each piece of work that runs for it. The
 * last one to leave returns the permit, on its own thread. It travels in the gRPC context of the
 * call.
 */
public final class ConcurrencyPermit {
  private static final Context.Key<ConcurrencyPermit> KEY =
      Context.key("fairlead-concurrency-permit");

  /** The call itself, and each piece of work for it. */
  private final AtomicInteger holders = new AtomicInteger(1);

  private final Runnable onReleased;

  /**
   * The permit of a call that begins.
   *
   * @param onReleased runs once, when nobody holds the permit any more, on the thread that left
   *     last
   */
  public ConcurrencyPermit(Runnable onReleased) {
    this.onReleased = onReleased;
  }

  /** Returns the permit of the call that a context belongs to; null if calls are not counted. */
  public static @Nullable ConcurrencyPermit of(Context context) {
    return KEY.get(context);
  }

  /** Returns the context for the work of this call. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }

  /** Holds the permit for a piece of work; false if it is released already, and the call over. */
  public boolean acquire() {
    int now = holders.get();
    while (now > 0) {
      if (holders.compareAndSet(now, now + 1)) {
        return true;
      }
      now = holders.get();
    }
    return false;
  }

  /** Releases it: the call, or a piece of work that acquired it, has ended. */
  public void release() {
    int left = holders.decrementAndGet();
    if (left == 0) {
      onReleased.run();
    } else if (left < 0) {
      throw new IllegalStateException("released more often than acquired");
    }
  }
}
