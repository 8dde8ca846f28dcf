package io.fairlead.thread;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/**
 * The kind of sockets that event loops drive: epoll's where its native library is on the class path
 * and fits the machine, else those of the JDK. For the runtime.
 */
public final class Sockets {
  private static final boolean EPOLL = Epoll.isAvailable();

  private Sockets() {}

  /** What loops are made with. */
  public static IoHandlerFactory ioHandlers() {
    return EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** Connections that these loops can drive. */
  public static Class<? extends SocketChannel> connection() {
    return EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** Open ports that these loops can drive. */
  public static Class<? extends ServerSocketChannel> port() {
    return EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }
}
