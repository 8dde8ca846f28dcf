package io.fairlead.bench.grpc;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import java.net.InetSocketAddress;

/** The limit: HTTP/2 frames in, the same bytes out; no protobuf, no calls, no deadlines. */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails shows as a failed call in h2load
public final class NettyVariant implements Variant {
  /** Made by ServiceLoader. */
  public NettyVariant() {}

  @Override
  public String name() {
    return "netty";
  }

  @Override
  public BenchServer startServer(Wire wire) throws Exception {
    if (wire.tls()) {
      throw new UnsupportedOperationException("The bare responder is for plaintext");
    }
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            Runtime.getRuntime().availableProcessors() * 2, NioIoHandler.newFactory());
    Channel channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    connection
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer().build(),
                            new Http2MultiplexHandler(new Respond()));
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    int port = ((InetSocketAddress) channel.localAddress()).getPort();
    return new BenchServer() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public void close() {
        channel.close();
        group.shutdownGracefully();
      }
    };
  }

  @Override
  public BenchClient connect(Wire wire, int port) {
    throw new UnsupportedOperationException("The bare responder has no client; h2load drives it");
  }

  @Sharable
  private static final class Respond extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
      if (!(frame instanceof Http2DataFrame data)) {
        return;
      }
      ByteBuf body = data.isEndStream() ? data.content() : Unpooled.EMPTY_BUFFER;
      if (!data.isEndStream()) {
        data.release();
        return;
      }
      Http2Headers headers =
          new DefaultHttp2Headers().status("200").set("content-type", "application/grpc");
      Http2Headers trailers = new DefaultHttp2Headers().set("grpc-status", "0");
      context.write(new DefaultHttp2HeadersFrame(headers));
      context.write(new DefaultHttp2DataFrame(body));
      context.writeAndFlush(new DefaultHttp2HeadersFrame(trailers, true));
    }
  }
}
