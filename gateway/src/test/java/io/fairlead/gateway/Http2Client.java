package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One connection of HTTP/2 without TLS, by prior knowledge, as no client of the JDK makes it. */
final class Http2Client implements AutoCloseable {
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel connection;

  Http2Client(int port) throws InterruptedException {
    this.connection =
        new Bootstrap()
            .group(loops)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forClient().build(),
                            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                  }
                })
            .connect("127.0.0.1", port)
            .sync()
            .channel();
  }

  /** What came back on one stream. */
  static final class Stream {
    private final CompletableFuture<Http2Headers> headers = new CompletableFuture<>();
    private final CompletableFuture<Http2Headers> trailers = new CompletableFuture<>();
    private final CompletableFuture<String> body = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final Http2StreamChannel channel;

    private Stream(Http2StreamChannel channel) {
      this.channel = channel;
    }

    String status() throws InterruptedException, ExecutionException, TimeoutException {
      return headers.get(20, TimeUnit.SECONDS).status().toString();
    }

    String body() throws InterruptedException, ExecutionException, TimeoutException {
      return body.get(20, TimeUnit.SECONDS);
    }

    Http2Headers trailers() throws InterruptedException, ExecutionException, TimeoutException {
      return trailers.get(20, TimeUnit.SECONDS);
    }

    void send(byte[] data, boolean end) {
      var unused =
          channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(data), end));
    }

    void reset() {
      var unused = channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
    }

    private void take(Object frame) {
      try {
        if (frame instanceof Http2HeadersFrame head) {
          if (!headers.complete(head.headers())) {
            trailers.complete(head.headers());
          }
          ended(head.isEndStream());
        } else if (frame instanceof Http2DataFrame data) {
          bytes.writeBytes(ByteBufUtil.getBytes(data.content()));
          ended(data.isEndStream());
        } else if (frame instanceof Http2ResetFrame reset) {
          IllegalStateException failure = new IllegalStateException("reset " + reset.errorCode());
          headers.completeExceptionally(failure);
          body.completeExceptionally(failure);
        }
      } finally {
        ReferenceCountUtil.release(frame);
      }
    }

    private void ended(boolean end) {
      if (end) {
        body.complete(bytes.toString(UTF_8));
      }
    }
  }

  Stream open(String method, String path, boolean end, String... headers)
      throws InterruptedException {
    CompletableFuture<Stream> made = new CompletableFuture<>();
    Http2StreamChannel channel =
        new Http2StreamChannelBootstrap(connection)
            .handler(
                new ChannelInboundHandlerAdapter() {
                  @Override
                  public void channelRead(ChannelHandlerContext ctx, Object message) {
                    made.join().take(message);
                  }

                  @Override
                  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                    if (event instanceof Http2ResetFrame) {
                      made.join().take(event);
                    }
                  }
                })
            .open()
            .syncUninterruptibly()
            .getNow();
    Stream stream = new Stream(channel);
    made.complete(stream);
    Http2Headers head = new DefaultHttp2Headers();
    head.method(method).path(path).scheme("http").authority("library");
    for (int i = 0; i < headers.length; i += 2) {
      head.add(headers[i], headers[i + 1]);
    }
    channel.writeAndFlush(new DefaultHttp2HeadersFrame(head, end)).sync();
    return stream;
  }

  boolean isOpen() {
    return connection.isActive();
  }

  @Override
  public void close() {
    connection.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
