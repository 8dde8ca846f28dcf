package io.fairlead.server.internal.stack;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.executor.ServerLoop;
import io.fairlead.internal.transport.NettyTransportKind;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The event loops that all servers of this process share.
 *
 * <p>They start with the first server and end with the last, so that a closed server leaves no
 * thread; grpc-java's own would linger for some seconds. Users are counted under the class's lock.
 */
final class SharedServerEventLoops {
  @GuardedBy("SharedServerEventLoops.class")
  private static @Nullable SharedServerEventLoops shared;

  @GuardedBy("SharedServerEventLoops.class")
  private static int users;

  private final EventLoopGroup group =
      ServerLoop.group("fairlead-server-loop", NettyTransportKind.ioHandlers());

  private SharedServerEventLoops() {}

  /** Returns the shared loops; give them back with {@link #release}, once. */
  static synchronized SharedServerEventLoops acquire() {
    users++;
    SharedServerEventLoops loops = shared;
    if (loops == null) {
      loops = new SharedServerEventLoops();
      shared = loops;
    }
    return loops;
  }

  EventLoopGroup group() {
    return group;
  }

  /**
   * Ends the loops if this was the last user, and waits for that where it can.
   *
   * @return false if they had not ended within the bound
   */
  boolean release(Duration bound) {
    synchronized (SharedServerEventLoops.class) {
      if (--users > 0) {
        return true;
      }
      shared = null;
    }
    Future<?> end = group.shutdownGracefully(0, bound.toNanos(), TimeUnit.NANOSECONDS);
    if (EventLoops.onEventLoop()) {
      return true; // perhaps one of these very loops: it cannot wait for its own end
    }
    try {
      return end.await(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return end.isDone();
    }
  }
}
