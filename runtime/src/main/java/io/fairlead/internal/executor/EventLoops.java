package io.fairlead.internal.executor;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.internal.ThreadExecutorMap;
import org.jspecify.annotations.Nullable;

/** Tells the threads that carry bytes from those that may wait. For the runtime. */
public final class EventLoops {
  private EventLoops() {}

  /**
   * Returns whether the calling thread is an event loop of Netty. Loops whose threads come from a
   * factory of the user's that makes plain threads are not recognised.
   */
  public static boolean onEventLoop() {
    return current() != null;
  }

  /** Returns the loop whose thread is calling, if it is one. */
  public static @Nullable EventLoop current() {
    // The first test is cheap, and keeps Netty's thread-local map away from virtual threads.
    if (!(Thread.currentThread() instanceof FastThreadLocalThread)) {
      return null;
    }
    EventExecutor executor = ThreadExecutorMap.currentExecutor();
    return executor instanceof EventLoop loop ? loop : null;
  }

  /**
   * Refuses to block an event loop, which would stop every call on it, perhaps for ever.
   *
   * @param what the blocking thing, named for the message
   * @throws IllegalStateException on an event loop
   */
  public static void checkMayBlock(Object what) {
    if (onEventLoop()) {
      throw new IllegalStateException(
          what
              + " would block the event loop "
              + Thread.currentThread().getName()
              + "; use the async client there, or move to a thread that may block");
    }
  }
}
