package io.fairlead.gateway.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection of HTTP/1.1 does while its caller does not read, and when the server ends. */
class Http1ConnectionTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String POST =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome";

  private final GatewayConnections connections = new GatewayConnections();
  private final List<HttpExchange> begun = new ArrayList<>();
  private int cancelled;

  /** Whether each request is answered before its body is read. */
  private boolean answersAtOnce = true;

  private final Socket socket = new Socket();

  /** The peer's side: it takes what is sent only while it reads. */
  private static final class Socket extends EmbeddedChannel {
    private boolean reads = true;

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
      if (reads) {
        super.doWrite(in);
      }
    }

    void readOn() {
      reads = true;
      flushOutbound();
    }

    void send(String text) {
      writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    /** Lets a single part leave, or what has left of it. */
    void take() throws Exception {
      ChannelOutboundBuffer out = unsafe().outboundBuffer();
      ByteBuf part = (ByteBuf) out.current();
      out.removeBytes(Math.min(1, part.readableBytes()));
    }

    void pass(long seconds) {
      advanceTimeBy(seconds, TimeUnit.SECONDS);
      runScheduledPendingTasks();
      runPendingTasks();
    }

    String received() {
      StringBuilder all = new StringBuilder();
      for (ByteBuf part = readOutbound(); part != null; part = readOutbound()) {
        all.append(part.toString(StandardCharsets.US_ASCII));
        part.release();
      }
      return all.toString();
    }
  }

  private Http1Connection connection() {
    return new Http1Connection(
        this::begin,
        new ConnectionInfo(Attributes.EMPTY, false),
        new ConnectionLimits(
            4096,
            4096,
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(2)),
        connections);
  }

  private BodyReceiver begin(HttpExchange exchange) {
    begun.add(exchange);
    if (answersAtOnce) {
      answer(exchange);
    }
    return new BodyReceiver() {
      @Override
      public void data(ByteBuf data) {
        data.release();
      }

      @Override
      public void end() {}

      @Override
      public void cancelled() {
        cancelled++;
      }
    };
  }

  private static void answer(HttpExchange exchange) {
    exchange.respond(
        200,
        new DefaultHttpHeaders(),
        Unpooled.copiedBuffer("answer " + exchange.request().path(), StandardCharsets.US_ASCII));
  }

  private void open() {
    Http1Connection connection = connection();
    assertThat(connections.add(connection)).isTrue();
    socket.freezeTime();
    socket.pipeline().addLast(new HttpRequestDecoder(), new HttpResponseEncoder(), connection);
  }

  @AfterEach
  void close() {
    connections.cut();
    socket.finishAndReleaseAll();
  }

  /** A call that stopped to read its body gets no more of it, and only who reads sees the end. */
  @Test
  void aCallerThatLeavesAfterItsWholeRequestIsNoticed() {
    answersAtOnce = false;
    open();
    socket.send(POST);
    begun.get(0).readBody(false);
    assertThat(socket.config().isAutoRead()).isFalse();
    socket.send("x".repeat(996));
    assertThat(socket.config().isAutoRead()).isTrue();
    socket.pipeline().fireChannelInactive();
    assertThat(cancelled).isEqualTo(1);
  }

  @Test
  void aCallerThatSendsAheadAndDoesNotReadPilesUpNoResponses() {
    open();
    socket.reads = false;
    for (int i = 0; i < 100; i++) {
      socket.send(GET);
    }
    assertThat(begun).hasSize(1);
    assertThat(socket.config().isAutoRead()).isFalse();
    socket.readOn();
    assertThat(begun).hasSize(100);
    assertThat(socket.received().split("answer /", -1)).hasSize(101);
    assertThat(socket.config().isAutoRead()).isTrue();
  }

  @Test
  void aResponseThatTakesLongerThanAnIdleConnectionMayIsNotCut() throws Exception {
    open();
    socket.reads = false;
    socket.send(GET);
    for (int i = 0; i < 10; i++) {
      socket.pass(25);
      assertThat(socket.isOpen()).isTrue();
      socket.take();
    }
    socket.readOn();
    socket.pass(9);
    assertThat(socket.isOpen()).isTrue();
    socket.pass(1);
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void theLastResponseIsNotCutWhileItLeaves() throws Exception {
    open();
    socket.reads = false;
    socket.send(POST);
    for (int i = 0; i < 10; i++) {
      socket.pass(25);
      assertThat(socket.isOpen()).isTrue();
      socket.take();
    }
    socket.readOn();
    assertThat(socket.isOpen()).isTrue();
    socket.pass(2);
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void theEndOfTheServerDoesNotCutAResponseThatLeaves() {
    open();
    socket.reads = false;
    socket.send(GET);
    connections.drain();
    socket.pass(1);
    assertThat(socket.isOpen()).isTrue();
    socket.readOn();
    assertThat(socket.received()).endsWith("answer /");
    assertThat(socket.isOpen()).isFalse();
  }

  /** As when the certificate of the connection was replaced. */
  @Test
  void aConnectionThatIsToldToCloseAnswersFirst() {
    answersAtOnce = false;
    open();
    socket.send(GET);
    var closed = socket.close();
    socket.pass(1);
    assertThat(closed.isDone()).isFalse();
    answer(begun.get(0));
    assertThat(socket.received()).contains("connection: close").endsWith("answer /");
    assertThat(socket.isOpen()).isFalse();
    assertThat(closed.isSuccess()).isTrue();
    assertThat(cancelled).isZero();
  }

  @Test
  void anIdleConnectionThatIsToldToCloseDoesSoAtOnce() {
    open();
    var unused = socket.close();
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void aCallerThatDoesNotReadIsNotWaitedForWithoutEnd() {
    open();
    socket.reads = false;
    socket.send(GET);
    socket.pass(29);
    assertThat(socket.isOpen()).isTrue();
    socket.pass(1);
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void aCallerThatClosesAfterItsResponseAndDoesNotReadIsNotWaitedForEither() {
    answersAtOnce = false;
    open();
    socket.reads = false;
    socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    answer(begun.get(0));
    socket.pass(29);
    assertThat(socket.isOpen()).isTrue();
    socket.pass(1);
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void aStreamThatNobodyReadsIsCancelled() {
    answersAtOnce = false;
    open();
    socket.reads = false;
    socket.send(GET);
    begun.get(0).begin(200, new DefaultHttpHeaders());
    var unused = begun.get(0).write(Unpooled.wrappedBuffer(new byte[100]));
    socket.pass(30);
    assertThat(socket.isOpen()).isFalse();
    assertThat(cancelled).isEqualTo(1);
  }

  @Test
  void aStreamThatPausesIsNot() {
    answersAtOnce = false;
    open();
    socket.send(GET);
    begun.get(0).begin(200, new DefaultHttpHeaders());
    socket.pass(1_000);
    assertThat(socket.isOpen()).isTrue();
  }

  @Test
  void aHeadThatDoesNotEndIsNotWaitedForWithoutEnd() {
    open();
    for (char each : "GET / HTT".toCharArray()) {
      socket.send(String.valueOf(each));
      socket.pass(1);
    }
    assertThat(socket.isOpen()).isTrue();
    socket.send("P");
    socket.pass(1);
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void aBodyThatPausesForTooLongEndsItsCall() {
    answersAtOnce = false;
    open();
    socket.send(POST);
    socket.pass(9);
    socket.send("more");
    socket.pass(9);
    assertThat(socket.isOpen()).isTrue();
    socket.pass(1);
    assertThat(socket.isOpen()).isFalse();
    assertThat(cancelled).isEqualTo(1);
  }

  @Test
  void anAnswerBeforeTheEndOfARequestWithoutABodyKeepsTheConnection() {
    open();
    socket.send(GET);
    assertThat(socket.received()).doesNotContainIgnoringCase("connection: close");
    socket.send("OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assertThat(socket.received()).startsWith("HTTP/1.1 200 ");
    socket.send(POST);
    assertThat(socket.received()).containsIgnoringCase("connection: close");
  }

  @Test
  void aCallThatIsGivenUpIsCancelled() {
    answersAtOnce = false;
    open();
    socket.send(GET);
    begun.get(0).begin(200, new DefaultHttpHeaders());
    begun.get(0).abort();
    socket.pass(0);
    assertThat(socket.isOpen()).isFalse();
    assertThat(cancelled).isEqualTo(1);
  }

  @Test
  void theEndOfTheServerIsNotMissedByAConnectionThatIsBeingSetUp() {
    Http1Connection connection = connection();
    assertThat(connections.add(connection)).isTrue();
    connections.drain();
    socket.freezeTime();
    socket.pipeline().addLast(connection);
    socket.pass(0);
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void norIsItsCut() {
    answersAtOnce = false;
    Http1Connection connection = connection();
    assertThat(connections.add(connection)).isTrue();
    connections.cut();
    socket.freezeTime();
    socket.pipeline().addLast(connection);
    assertThat(socket.isOpen()).isFalse();
  }
}
