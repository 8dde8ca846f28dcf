package io.fairlead.internal.transport;

import io.fairlead.internal.tls.TlsWatch;
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
import org.jspecify.annotations.Nullable;

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

  /**
   * Returns a connection that these loops can drive.
   *
   * @param watch looks after it; null without files of TLS
   */
  public static SocketChannel connection(@Nullable TlsWatch watch) {
    SocketChannel connection = EPOLL ? new EpollSocketChannel() : new NioSocketChannel();
    connection.pipeline().addLast(new FrameFloodGuard(), new ReadSplittingHandler());
    return watch == null ? connection : watch.watch(connection);
  }

  /**
   * Returns an open port that these loops can drive. What it accepts goes through the gate.
   *
   * @param watch looks after the connections; null without files of TLS
   */
  public static ServerSocketChannel port(ConnectionGate gate, @Nullable TlsWatch watch) {
    ServerSocketChannel port =
        EPOLL ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    port.pipeline().addLast(new Accepting(gate, watch));
    return port;
  }

  /** Prepares each accepted connection as {@link #connection} does for those of clients. */
  static final class Accepting extends ChannelInboundHandlerAdapter {
    private final ConnectionGate gate;
    private final @Nullable TlsWatch watch;

    Accepting(ConnectionGate gate, @Nullable TlsWatch watch) {
      this.gate = gate;
      this.watch = watch;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      Channel connection = (Channel) accepted;
      if (gate.admit(connection)) {
        connection.pipeline().addLast(new ReadSplittingHandler(gate.guard()));
        if (watch != null) {
          watch.watch(connection);
        }
        ctx.fireChannelRead(connection);
      }
    }
  }
}
