package io.fairlead.internal.executor;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** An event loop of servers, with what is kept for each such loop. */
public final class ServerLoop extends SingleThreadIoEventLoop {
  final PendingRequests pendingRequests = new PendingRequests();
  final HandlerBatches batches = new HandlerBatches(this);

  private ServerLoop(IoEventLoopGroup group, Executor thread, IoHandlerFactory io) {
    super(group, thread, io);
  }

  /** Returns new loops, as many as Netty makes; their threads do not keep the JVM alive. */
  public static EventLoopGroup group(String name, IoHandlerFactory io) {
    return new MultiThreadIoEventLoopGroup(new DefaultThreadFactory(name, true), io) {
      @Override
      protected IoEventLoop newChild(
          Executor thread, IoHandlerFactory given, @Nullable Object... none) {
        return new ServerLoop(this, thread, given);
      }
    };
  }

  /** Returns the loop whose thread is calling, if it is one of a server. */
  static @Nullable ServerLoop current() {
    return EventLoops.current() instanceof ServerLoop loop ? loop : null;
  }

  /**
   * Runs the task on this loop; what comes from the middle of a batch waits for the batch's end.
   */
  @Override
  public void execute(Runnable task) {
    HandlerBatch batch = HandlerBatch.current(this);
    if (batch == null) {
      super.execute(task);
      return;
    }
    lazyExecute(task);
    if (!batch.isDeferring()) {
      wake();
    }
  }

  /** Lets the loop look into its queue, from any thread. */
  void wake() {
    wakeup(inEventLoop());
  }
}
