package io.fairlead.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.internal.executor.EventLoops;
import io.fairlead.internal.transport.TimerAffineEventLoopGroup;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads that all channels of this process share: event loops for the bytes, and a pool for
 * callbacks of code that may block.
 *
 * <p>They start with the first channel and end with the last, so that a process without channels
 * has no thread of ours. The number of users is counted under the class's lock. The end is awaited,
 * except from one of these threads themselves.
 */
final class SharedClientEventLoops {
  @GuardedBy("SharedClientEventLoops.class")
  private static @Nullable SharedClientEventLoops shared;

  @GuardedBy("SharedClientEventLoops.class")
  private static int users;

  private final EventLoopGroup loops;
  private final ExecutorService callbacks;

  private SharedClientEventLoops() {
    loops =
        new TimerAffineEventLoopGroup(
            Runtime.getRuntime().availableProcessors(),
            new DefaultThreadFactory("fairlead-client-loop", true));
    // Unbounded, as each thread waits for the user's own code; a bound could make it wait for ever.
    callbacks =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            new DefaultThreadFactory("fairlead-callback", true));
  }

  /** The shared threads; give them back with {@link #release}, once. */
  static synchronized SharedClientEventLoops acquire() {
    users++;
    SharedClientEventLoops threads = shared;
    if (threads == null) {
      threads = new SharedClientEventLoops();
      shared = threads;
    }
    return threads;
  }

  /** Ends the threads if this was the last user, and waits for them if that is possible here. */
  void release() {
    synchronized (SharedClientEventLoops.class) {
      if (--users > 0) {
        return;
      }
      shared = null;
    }
    callbacks.shutdown();
    Future<?> loopsEnd = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    if (EventLoops.onEventLoop()
        || Thread.currentThread().getName().startsWith("fairlead-callback")) {
      return; // one of these very threads: it cannot wait for its own end
    }
    boolean interrupted = false;
    try {
      loopsEnd.await(3, TimeUnit.SECONDS);
      callbacks.awaitTermination(3, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  EventLoopGroup loops() {
    return loops;
  }

  ExecutorService callbacks() {
    return callbacks;
  }
}
