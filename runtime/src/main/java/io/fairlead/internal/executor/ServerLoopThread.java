package io.fairlead.internal.executor;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.ThreadFactory;

/** The thread of an event loop of servers, with what is kept for each such loop. */
public final class ServerLoopThread extends FastThreadLocalThread {
  final PendingRequests pendingRequests = new PendingRequests();

  private ServerLoopThread(ThreadGroup group, Runnable target, String name) {
    super(group, target, name);
  }

  /** Returns a factory of such threads; they do not keep the JVM alive. */
  public static ThreadFactory factory(String name) {
    return new DefaultThreadFactory(name, true) {
      @Override
      protected Thread newThread(Runnable task, String numbered) {
        return new ServerLoopThread(threadGroup, task, numbered);
      }
    };
  }
}
