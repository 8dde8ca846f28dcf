package io.fairlead.internal.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
 * and fits the machine, else those of the JDK.
 *
 * <p>Loops and sockets must be of one kind, so all are made here. The choice is made once for the
 * process.
 */
public final class NettyTransportKind {
  private static final boolean EPOLL = Epoll.isAvailable();

  private NettyTransportKind() {}

  /** Returns what loops are made with. */
  public static IoHandlerFactory ioHandlers() {
    return EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** Returns a connection that these loops can drive. */
  public static SocketChannel connection() {
    SocketChannel connection = EPOLL ? new EpollSocketChannel() : new NioSocketChannel();
    connection.pipeline().addLast(new FrameFloodGuard(), new ReadSplittingHandler());
    return connection;
  }

  /** Returns an open port that these loops can drive. What it accepts goes through the gate. */
  public static ServerSocketChannel port(ConnectionGate gate) {
    ServerSocketChannel port =
        EPOLL ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    port.pipeline().addLast(new Accepting(gate));
    return port;
  }

  /** Prepares each accepted connection as {@link #connection} does for those of clients. */
  static final class Accepting extends ChannelInboundHandlerAdapter {
    private final ConnectionGate gate;

    Accepting(ConnectionGate gate) {
      this.gate = gate;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      Channel connection = (Channel) accepted;
      if (gate.admit(connection)) {
        connection.pipeline().addLast(new ReadSplittingHandler(gate.guard()));
        ctx.fireChannelRead(connection);
      }
    }
  }
}
