package io.fairlead.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class ReadSplittingHandlerTest {
  private static final int LARGE = ReadSplittingHandler.MIN_BYTES;

  private final List<String> events = new ArrayList<>();
  private final ByteArrayOutputStream came = new ByteArrayOutputStream();
  private final EmbeddedChannel connection =
      new EmbeddedChannel(new ReadSplittingHandler(), new Reader());

  @Test
  void firstHalfIsProcessedBeforeTheSecond() {
    connection.pipeline().fireChannelRead(bytes(LARGE));
    assertThat(events).containsExactly("read " + LARGE / 2);
    // Which runs the waiting tasks, too.
    connection.pipeline().fireChannelReadComplete();
    assertThat(events)
        .containsExactly("read " + LARGE / 2, "task", "read " + LARGE / 2, "end of read", "task");
  }

  /** Whoever says so is reading the first half. */
  @Test
  void aConnectionThatDoesNotSpeakHttp2IsNotGuarded() {
    EmbeddedChannel other = new EmbeddedChannel();
    other.freezeTime();
    other
        .pipeline()
        .addLast(
            new ReadSplittingHandler(new FrameGuard(Duration.ofSeconds(10), System::nanoTime)),
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext ctx, Object message) {
                events.add("from " + ((ByteBuf) message).readableBytes());
                ((ByteBuf) message).release();
                ctx.pipeline().fireUserEventTriggered(ApplicationProtocolNames.HTTP_1_1);
                events.add("to");
              }
            });
    other.writeInbound(bytes(LARGE), Unpooled.buffer().writeZero(100_000));
    other.advanceTimeBy(11, TimeUnit.SECONDS);
    other.runScheduledPendingTasks();
    other.checkException();
    assertThat(other.isOpen()).isTrue();
    String half = "from " + LARGE / 2;
    assertThat(events).containsExactly(half, "to", half, "to", "from 100000", "to");
  }

  @Test
  void aSmallReadStaysWhole() {
    connection.pipeline().fireChannelRead(bytes(LARGE - 1));
    connection.pipeline().fireChannelReadComplete();
    assertThat(events).containsExactly("read " + (LARGE - 1), "end of read", "task");
  }

  @Test
  void largeReadStaysWhole() {
    connection.pipeline().fireChannelRead(bytes(ReadSplittingHandler.MAX_BYTES));
    assertThat(events).containsExactly("read " + ReadSplittingHandler.MAX_BYTES);
  }

  @Test
  void aFullRecordOfTlsStaysWhole() {
    int full = 16_367; // The JDK's, under TLS 1.3.
    connection.pipeline().fireChannelRead(bytes(full));
    assertThat(events).containsExactly("read " + full);
  }

  @Test
  void noByteIsLostOrReordered() {
    List<ByteBuf> reads =
        IntStream.of(LARGE + 1, LARGE, 7, 3 * LARGE, 1).mapToObj(size -> bytes(size)).toList();
    byte[] sent = ByteBufUtil.getBytes(Unpooled.wrappedUnmodifiableBuffer(copies(reads)));
    reads.forEach(connection.pipeline()::fireChannelRead);
    connection.pipeline().fireChannelReadComplete();
    connection.runPendingTasks();
    assertThat(came.toByteArray()).isEqualTo(sent);
    assertThat(events).filteredOn("end of read"::equals).hasSize(1);
    assertThat(reads).allMatch(read -> read.refCnt() == 0);
  }

  @Test
  void bytesArriveBeforeEndOfStream() {
    ByteBuf read = bytes(LARGE);
    connection.pipeline().fireChannelRead(read);
    connection.pipeline().fireUserEventTriggered("half closed");
    connection.pipeline().fireChannelRead(bytes(LARGE));
    connection.pipeline().fireExceptionCaught(new IllegalStateException("reset"));
    connection.pipeline().fireChannelRead(bytes(LARGE));
    connection.pipeline().fireChannelInactive();
    String half = "read " + LARGE / 2;
    assertThat(events)
        .containsExactly(
            half, half, "half closed", half, half, "reset", half, half, "no longer active");
    assertThat(read.refCnt()).isZero();
  }

  @Test
  void pendingBytesAreForwardedWhenTheHandlerIsRemoved() {
    ByteBuf read = bytes(LARGE);
    connection.pipeline().fireChannelRead(read);
    connection.pipeline().remove(ReadSplittingHandler.class);
    assertThat(events).containsExactly("read " + LARGE / 2, "read " + LARGE / 2);
    assertThat(read.refCnt()).isZero();
  }

  @Test
  void decryptedBytesAreSplitUnderTls() throws Exception {
    EmbeddedChannel encrypted = new EmbeddedChannel(new ReadSplittingHandler());
    encrypted.pipeline().addLast(new SslHandler(SSLContext.getDefault().createSSLEngine()));
    encrypted.pipeline().addLast(new Reader());
    // Too short to be judged by TLS: what matters is who sees it first.
    encrypted.pipeline().fireChannelRead(bytes(1));
    assertThat(handlers(encrypted)).startsWith("SslHandler", "ReadSplittingHandler", "Reader");
    encrypted.pipeline().context(SslHandler.class).fireChannelRead(bytes(LARGE));
    assertThat(events).containsExactly("read " + LARGE / 2);
    encrypted.runPendingTasks();
    assertThat(events).contains("task").filteredOn(e -> e.startsWith("read")).hasSize(2);
    var unused = encrypted.close();
  }

  @Test
  void clientAndServerPipelinesHaveTheHandler() {
    SocketChannel client = NettyTransportKind.connection(null);
    assertThat(client.pipeline().get(ReadSplittingHandler.class)).isNotNull();
    ConnectionGate gate =
        new ConnectionGate("x", OptionalInt.empty(), OptionalInt.empty(), Duration.ofSeconds(10));
    ServerSocketChannel port = NettyTransportKind.port(gate, null);
    assertThat(port.pipeline().get(NettyTransportKind.Accepting.class)).isNotNull();
    EmbeddedChannel accepted = new EmbeddedChannel();
    new EmbeddedChannel(new NettyTransportKind.Accepting(gate, null))
        .pipeline()
        .fireChannelRead(accepted);
    assertThat(accepted.pipeline().get(ReadSplittingHandler.class)).isNotNull();
    client.unsafe().closeForcibly();
    port.unsafe().closeForcibly();
  }

  private static List<String> handlers(EmbeddedChannel channel) {
    return channel.pipeline().toMap().values().stream()
        .map(handler -> handler.getClass().getSimpleName())
        .toList();
  }

  private static ByteBuf bytes(int size) {
    ByteBuf bytes = Unpooled.buffer(size);
    for (int i = 0; i < size; i++) {
      bytes.writeByte(i % 251);
    }
    return bytes;
  }

  private static ByteBuf[] copies(List<ByteBuf> reads) {
    return reads.stream().map(ByteBuf::copy).toArray(ByteBuf[]::new);
  }

  /** As gRPC does: a task that flushes follows what was read. */
  private final class Reader extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      ByteBuf bytes = (ByteBuf) message;
      events.add("read " + bytes.readableBytes());
      bytes.readBytes(came, bytes.readableBytes());
      bytes.release();
      ctx.executor().execute(() -> events.add("task"));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      events.add("end of read");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      events.add("no longer active");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      events.add(event.toString());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      events.add(String.valueOf(cause.getMessage()));
    }
  }
}
