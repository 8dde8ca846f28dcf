package io.fairlead.internal.transport;

import io.fairlead.internal.executor.EventLoops;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Event loops for the connections of clients and the timers of their calls.
 *
 * <p>Each call with a deadline sets a timer, which nearly always is cancelled. Netty's own group
 * would choose some other loop for it, and wake that loop's thread. Here a timer that a loop sets
 * stays on that loop, and a timer of another thread wakes a loop only if it would oversleep. The
 * client's event loops close it.
 */
public final class TimerAffineEventLoopGroup extends MultiThreadIoEventLoopGroup {
  public TimerAffineEventLoopGroup(int threads, ThreadFactory factory) {
    this(threads, factory, NettyTransportKind.ioHandlers());
  }

  TimerAffineEventLoopGroup(int threads, ThreadFactory factory, IoHandlerFactory sockets) {
    super(threads, factory, sockets);
  }

  @Override
  protected IoEventLoop newChild(Executor executor, IoHandlerFactory sockets, Object... none) {
    return new TimerAffineEventLoop(this, executor, sockets);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return nearest().schedule(task, delay, unit);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    return nearest().schedule(task, delay, unit);
  }

  /** This thread's own loop, if it has one of these. */
  private EventExecutor nearest() {
    EventLoop current = EventLoops.current();
    return current != null && current.parent() == this ? current : next();
  }
}
