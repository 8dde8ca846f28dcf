package io.fairlead.server;

import static io.fairlead.testkit.FrameConnection.ACK;
import static io.fairlead.testkit.FrameConnection.CONTINUATION;
import static io.fairlead.testkit.FrameConnection.DATA;
import static io.fairlead.testkit.FrameConnection.END_HEADERS;
import static io.fairlead.testkit.FrameConnection.END_STREAM;
import static io.fairlead.testkit.FrameConnection.GOAWAY;
import static io.fairlead.testkit.FrameConnection.HEADERS;
import static io.fairlead.testkit.FrameConnection.PING;
import static io.fairlead.testkit.FrameConnection.PRIORITY;
import static io.fairlead.testkit.FrameConnection.RST_STREAM;
import static io.fairlead.testkit.FrameConnection.SETTINGS;
import static io.fairlead.testkit.FrameConnection.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.policy.ConnectionSettings;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.FrameConnection;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hostile clients, frame by frame. Meanwhile an honest one calls on a connection of its own and
 * loses no call. docs/attacks.md has a row for each.
 */
@Timeout(120)
class AttackTableTest {
  private static final String SAY = "/" + EchoMethod.SAY.getFullMethodName();
  private static final String CHAT = "/" + EchoMethod.CHAT.getFullMethodName();
  private static final String ECHO = "/" + EchoRpc.SAY.fullName();
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int CANCEL = 8;
  private static final int REFUSED_STREAM = 7;

  /** ENHANCE_YOUR_CALM. */
  private static final String CALM = "11 ";

  @TempDir static Path directory;
  private static Certificates echo;

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private LogCapture logs;
  private @Nullable ManagedChannel honest;
  private int port;

  @BeforeAll
  static void makeCertificates() throws Exception {
    echo = Certificates.create(directory, "echo");
  }

  @BeforeEach
  void capture() {
    logs = LogCapture.of("io");
  }

  /** The honest client loses no call, and no attack fills the log. */
  @AfterEach
  void theHonestClientIsServed() {
    try {
      if (honest != null) {
        assertThat(EchoMethod.say(honest, "still here")).isEqualTo("still here");
      }
      assertThat(logs.lines()).as("lines in the log").hasSizeLessThan(10);
    } finally {
      logs.close();
    }
  }

  private RpcServer start(UnaryOperator<ConnectionSettings.Builder> connections) {
    return start(serving().connections(connections));
  }

  private static RpcServer.Builder serving() {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .service(EchoMethod.serving(text -> text))
        .service(EchoRpc.bind(new Echo() {}));
  }

  private RpcServer start(RpcServer.Builder builder) {
    RpcServer server = running.start(builder);
    port = server.port();
    honest = running.channel(server);
    assertThat(EchoMethod.say(honest, "before")).isEqualTo("before");
    return server;
  }

  private ManagedChannel honest() {
    return Objects.requireNonNull(honest);
  }

  private FrameConnection attacker() throws Exception {
    return running.add(FrameConnection.greeting(port));
  }

  @Test
  void rapidResetEndsTheConnection() throws Exception {
    start(c -> c.maxResetsPerSecond(10));
    FrameConnection attacker = attacker();
    for (int i = 0; i < 101; i++) {
      attacker.call(1 + 2 * i, SAY);
      attacker.number(RST_STREAM, 1 + 2 * i, CANCEL);
    }
    assertThat(attacker.awaitEnd()).isEqualTo("11 too_many_rststreams");
  }

  /** A client that makes the server reset: credit of nothing is a mistake of the stream. */
  @Test
  void inducedResetsEndTheConnection() throws Exception {
    start(c -> c.maxResetsPerSecond(10));
    FrameConnection attacker = attacker();
    for (int i = 0; i < 101; i++) {
      attacker.call(1 + 2 * i, SAY);
      attacker.number(WINDOW_UPDATE, 1 + 2 * i, 0);
    }
    assertThat(attacker.awaitEnd()).isEqualTo("11 too_many_rststreams");
  }

  @Test
  void continuationsWithoutEndEndTheConnection() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    attacker.frame(HEADERS, 0, 1, FrameConnection.headers(":method", "POST"));
    for (int i = 0; i < 20; i++) {
      attacker.frame(CONTINUATION, 0, 1);
    }
    assertThat(attacker.awaitEnd()).startsWith(CALM);
  }

  @Test
  void settingsWithoutEndEndTheConnection() throws Exception {
    start(c -> c);
    assertFloodEnds(attacker -> attacker.frame(SETTINGS, 0, 0));
  }

  @Test
  void prioritiesWithoutEndEndTheConnection() throws Exception {
    start(c -> c);
    assertFloodEnds(attacker -> attacker.frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 3, 16}));
  }

  @Test
  void framesOfUnknownTypesWithoutEndEndTheConnection() throws Exception {
    start(c -> c);
    assertFloodEnds(attacker -> attacker.frame(99, 0, 0));
  }

  @Test
  void emptyDataWithoutEndEndsTheConnection() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    attacker.call(1, CHAT);
    assertFloodEnds(attacker, each -> each.frame(DATA, 0, 1));
  }

  @Test
  void pingsWithoutPauseEndTheConnection() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    for (int i = 0; i < 10; i++) {
      attacker.frame(PING, 0, 0, new byte[8]);
    }
    assertThat(attacker.awaitEnd()).isEqualTo("11 too_many_pings");
  }

  private interface Attack {
    void once(FrameConnection attacker) throws IOException;
  }

  private void assertFloodEnds(Attack attack) throws Exception {
    assertFloodEnds(attacker(), attack);
  }

  private static void assertFloodEnds(FrameConnection attacker, Attack attack) throws Exception {
    try {
      // More than the limit within one second, on a slow machine too.
      for (int i = 0; i < 20_000; i++) {
        attack.once(attacker);
      }
      attacker.flush();
    } catch (SocketException e) {
      // It was ended on the way.
    }
    assertThat(attacker.awaitEnd())
        .isEqualTo(
            CALM
                + "more than 1000 frames within a second that carry nothing;"
                + " the connection was closed");
  }

  @Test
  void aHeaderBlockThatDoesNotEndEndsTheConnection() throws Exception {
    start(c -> c.handshakeTimeout(Duration.ofMillis(200)));
    FrameConnection attacker = attacker();
    attacker.frame(HEADERS, 0, 1, FrameConnection.headers(":method", "POST"));
    assertThat(attacker.awaitEnd())
        .isEqualTo(CALM + "a header block was not complete after 200ms; the connection was closed");
  }

  @Test
  void aConnectionThatSaysNothingIsClosed() throws Exception {
    start(c -> c.handshakeTimeout(Duration.ofMillis(200)));
    FrameConnection attacker = running.add(FrameConnection.to(port));
    assertThat(attacker.awaitEnd()).isEqualTo("closed");
  }

  @Test
  void aPrefaceWithoutSettingsIsClosed() throws Exception {
    start(c -> c.handshakeTimeout(Duration.ofMillis(200)));
    FrameConnection attacker = running.add(FrameConnection.to(port));
    attacker.preface();
    assertThat(attacker.awaitEnd()).isEqualTo("closed");
  }

  @Test
  void connectionsOfOnePeerAreLimited() throws Exception {
    start(c -> c.maxConnectionsPerPeer(20));
    assertThat(refusedOf(30)).isEqualTo(11); // the honest client has one of them
    assertThat(logs.with("20 of that address are open, its maxConnectionsPerPeer")).isNotEmpty();
  }

  @Test
  void connectionsInAllAreLimited() throws Exception {
    start(c -> c.maxConnections(20));
    assertThat(refusedOf(30)).isEqualTo(11);
    assertThat(logs.with("20 are open, its maxConnections")).isNotEmpty();
  }

  /** Opens connections that say nothing, and counts those that the server does not greet. */
  private int refusedOf(int connections) throws Exception {
    int refused = 0;
    for (int i = 0; i < connections; i++) {
      FrameConnection idle = running.add(FrameConnection.to(port));
      if (idle.next() == null) {
        refused++;
      }
    }
    return refused;
  }

  @Test
  void aPlaceThatIsFreeAgainIsGiven() throws Exception {
    start(c -> c.maxConnectionsPerPeer(2));
    FrameConnection second = FrameConnection.to(port);
    assertThat(second.next()).isNotNull();
    second.close();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    boolean admitted = false;
    while (!admitted && System.nanoTime() - end < 0) {
      FrameConnection next = running.add(FrameConnection.to(port));
      admitted = next.next() != null;
    }
    assertThat(admitted).isTrue();
  }

  /** Half a message, and then nothing: whoever serves it, with layers of others or without. */
  @Test
  void aRequestThatIsNeverCompleteEndsItsCall() throws Exception {
    start(c -> c.stallTimeout(Duration.ofMillis(200)));
    FrameConnection attacker = attacker();
    for (String path : new String[] {SAY, ECHO}) {
      int stream = path.equals(SAY) ? 1 : 3;
      attacker.call(stream, path);
      attacker.frame(DATA, 0, stream, new byte[] {0, 0, 0, 1, 0, 1, 1});
      FrameConnection.Frame end = attacker.await(HEADERS);
      assertThat(end.stream()).isEqualTo(stream);
      assertThat(end.text(0)).contains("was not complete after 200ms, the server's stallTimeout");
    }
    // The connection serves others.
    attacker.call(5, SAY);
    attacker.frame(DATA, END_STREAM, 5, FrameConnection.message(false));
    FrameConnection.Frame answer = attacker.await(DATA);
    assertThat(answer.stream()).isEqualTo(5);
  }

  @Test
  void callsOnOneConnectionAreLimited() throws Exception {
    start(c -> c.maxCallsPerConnection(10));
    FrameConnection attacker = attacker();
    // The limit holds before the client has acknowledged it, too.
    for (int i = 0; i < 11; i++) {
      attacker.call(1 + 2 * i, CHAT);
    }
    FrameConnection.Frame reset = attacker.await(RST_STREAM);
    assertThat(reset.stream()).isEqualTo(21);
    assertThat(reset.number(0)).isEqualTo(REFUSED_STREAM);
  }

  /** Whoever takes no bytes holds its responses in memory, but not for ever. */
  @Test
  void windowsThatStayShutAreBoundedByTheAgeOfTheConnection() throws Exception {
    start(c -> c.maxAge(Duration.ofSeconds(1)).maxAgeGrace(Duration.ofMillis(100)));
    FrameConnection attacker = running.add(FrameConnection.to(port));
    attacker.preface();
    attacker.settings(INITIAL_WINDOW_SIZE, 0);
    for (int i = 0; i < 100; i++) {
      attacker.call(1 + 2 * i, SAY);
      attacker.frame(DATA, END_STREAM, 1 + 2 * i, FrameConnection.message(false, new byte[100]));
    }
    FrameConnection.Frame goodbye = attacker.await(GOAWAY);
    assertThat(goodbye.text(8)).isEqualTo("max_age");
    // Its calls get their grace when it has answered.
    attacker.frame(PING, ACK, 0, attacker.await(PING).payload().array());
    assertThat(attacker.awaitEnd()).isEqualTo("0 max_age");
  }

  /**
   * One entry of the table of headers, named again and again: small on the wire, large in memory.
   */
  @Test
  void aHeaderBombIsRefusedAndTheConnectionGoesOn() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x40); // to be remembered
    byte[] field = FrameConnection.headers("x", "y".repeat(3_000));
    block.write(field, 1, field.length - 1);
    for (int i = 0; i < 1_000; i++) {
      block.write(0x80 | 62); // the latest entry
    }
    attacker.frame(HEADERS, END_HEADERS | END_STREAM, 1, block.toByteArray());
    assertThat(outcome(attacker)).startsWith("status").contains("431");
    assertServed(attacker, 3);
  }

  @Test
  void aHeaderBlockAboveTheLimitEndsTheConnection() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    attacker.call(1, SAY, "x", "y".repeat(12_000));
    assertThat(attacker.awaitEnd()).contains("Header size exceeded max allowed size (10240)");
  }

  @Test
  void aGzipBombIsUnpackedToTheLimitOfItsMethodAtMost() throws Exception {
    MethodPolicy small = MethodPolicy.builder().maxRequestBytes(1_000).build();
    MethodPolicy large = MethodPolicy.builder().maxRequestBytes(100 << 20).build();
    start(serving().policy(SAY.substring(1), small).policy(ECHO.substring(1), large));
    FrameConnection attacker = attacker();
    attacker.call(1, SAY, "grpc-encoding", "gzip");
    attacker.frame(DATA, END_STREAM, 1, FrameConnection.message(true, gzip(new byte[10 << 20])));
    assertThat(outcome(attacker))
        .contains("a request unpacks to more than the 1000 bytes that test.Echo/Say allows");
    assertServed(attacker, 3);
  }

  @Test
  void aMethodThatStatesNoLimitHasFourMebibytesWhateverOthersAllow() {
    MethodPolicy large = MethodPolicy.builder().maxRequestBytes(100 << 20).build();
    start(
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .policy(SAY.substring(1), large)
            .service(EchoMethod.serving(said -> said.length() > 100 ? "long" : said))
            .service(EchoRpc.bind(new Echo() {})));
    String text = "x".repeat(5 << 20);
    assertThat(EchoMethod.say(honest(), text)).isEqualTo("long");
    assertThatThrownBy(() -> EchoRpc.client(honest()).say(StringValue.of(text)))
        .hasMessageContaining("is above the 4194304 that test.v1.Echo/Say allows");
    assertThatThrownBy(
            () ->
                HealthGrpc.newBlockingStub(honest())
                    .check(HealthCheckRequest.newBuilder().setService(text).build()))
        .hasMessageContaining("is above the 4194304 that grpc.health.v1.Health/Check allows");
  }

  @Test
  void aDeepMessageIsRefused() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    byte[] deep = new byte[10_000];
    Arrays.fill(deep, (byte) 0x13); // the beginning of a group, 10,000 times
    attacker.call(1, ECHO);
    attacker.frame(DATA, END_STREAM, 1, FrameConnection.message(false, deep));
    assertThat(outcome(attacker)).contains("cannot be read").contains("nest");
    assertServed(attacker, 3);
  }

  /** Fields of two bytes become objects of dozens: only the size of the message bounds that. */
  @Test
  void aWideMessageIsRefusedByItsSizeBeforeItIsParsed() throws Exception {
    MethodPolicy small = MethodPolicy.builder().maxRequestBytes(1_000).build();
    start(serving().policy(ECHO.substring(1), small));
    FrameConnection attacker = attacker();
    byte[] wide = new byte[10_000];
    for (int i = 0; i < wide.length; i += 2) {
      wide[i] = 0x10;
    }
    attacker.call(1, ECHO);
    attacker.frame(DATA, END_STREAM, 1, FrameConnection.message(false, wide));
    assertThat(outcome(attacker))
        .contains("a request of 10000 bytes is above the 1000 that test.v1.Echo/Say allows");
    assertServed(attacker, 3);
  }

  @Test
  void aHugePathIsAnUnknownMethod() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    attacker.call(1, "/" + "x".repeat(6_000));
    assertThat(outcome(attacker)).contains("Method not found");
    assertServed(attacker, 3);
  }

  @Test
  void garbageBeforeThePrefaceEndsTheConnection() throws Exception {
    start(c -> c);
    byte[] hello = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
    byte[][] all = {
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
      "x".repeat(10_000).getBytes(StandardCharsets.US_ASCII),
      Arrays.copyOf(hello, 600)
    };
    for (byte[] garbage : all) {
      FrameConnection attacker = running.add(FrameConnection.to(port));
      attacker.raw(garbage);
      assertThat(attacker.awaitEnd()).startsWith("1 ");
    }
  }

  @Test
  void garbageAfterThePrefaceEndsTheConnection() throws Exception {
    start(c -> c);
    FrameConnection tooLong = attacker();
    tooLong.raw((byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 99, (byte) 0, (byte) 0, (byte) 0);
    tooLong.raw(new byte[100]);
    assertThat(tooLong.awaitEnd()).startsWith("6 ");
    FrameConnection nowhere = attacker();
    nowhere.frame(DATA, 0, 0, new byte[10]);
    assertThat(nowhere.awaitEnd()).startsWith("1 ");
    FrameConnection unnamed = attacker();
    unnamed.frame(HEADERS, END_HEADERS, 1, new byte[] {(byte) 0xff, 100});
    assertThat(unnamed.awaitEnd()).startsWith("9 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "-1S", "1", "S", "99999999999H", "1x"})
  void invalidTimeoutsEndTheirCallAlone(String timeout) throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    for (int stream = 1; stream < 100; stream += 2) {
      attacker.call(stream, SAY, "grpc-timeout", timeout);
      assertThat(outcome(attacker)).doesNotStartWith("good-bye").isNotEqualTo("closed");
    }
    assertServed(attacker, 101);
  }

  /** No library of gRPC writes such a header. */
  @Test
  void binaryHeadersThatAreNoBase64EndTheConnection() throws Exception {
    start(c -> c);
    FrameConnection attacker = attacker();
    attacker.call(1, SAY, "x-bin", "!!not base64!!");
    attacker.frame(DATA, END_STREAM, 1, FrameConnection.message(false));
    assertThat(attacker.awaitEnd()).startsWith("1 ");
  }

  @Test
  void pseudoHeadersThatComeTwiceAreRefused() throws Exception {
    start(c -> c);
    for (String name : new String[] {":path", ":method", ":scheme", ":authority"}) {
      FrameConnection attacker = attacker();
      attacker.frame(
          HEADERS,
          END_HEADERS | END_STREAM,
          1,
          FrameConnection.headers(
              ":method", "POST", ":scheme", "http", ":path", SAY, ":authority", "a", name, "b"));
      assertThat(outcome(attacker)).as(name).doesNotStartWith("status");
    }
  }

  /** The beginning of TLS is no different from that of a connection without. */
  @Test
  void aHandshakeOfTlsThatDoesNotEndIsClosed() throws Exception {
    RpcServer tls =
        running.start(
            serving()
                .tls(echo.certificate(), echo.key())
                .connections(c -> c.handshakeTimeout(Duration.ofMillis(200))));
    FrameConnection silent = running.add(FrameConnection.to(tls.port()));
    assertThat(silent.awaitEnd()).isEqualTo("closed");
    FrameConnection slow = running.add(FrameConnection.to(tls.port()));
    slow.raw((byte) 0x16, (byte) 3, (byte) 1, (byte) 2);
    assertThat(slow.awaitEnd()).isEqualTo("closed");
  }

  @Test
  void plaintextOnAPortWithTlsIsClosed() throws Exception {
    RpcServer tls = running.start(serving().tls(echo.certificate(), echo.key()));
    try (FrameConnection attacker = FrameConnection.greeting(tls.port())) {
      attacker.call(1, SAY);
      attacker.flush();
      // An alert of TLS and the end, which are no frames.
      assertThat(attacker.awaitEnd()).isEqualTo("closed");
    }
  }

  @Test
  void aRenegotiationOfTlsEndsTheConnection() throws Exception {
    RpcServer tls = running.start(serving().tls(echo.certificate(), echo.key()));
    SSLContext trusting = SSLContext.getInstance("TLSv1.2");
    trusting.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    try (SSLSocket socket =
        (SSLSocket)
            trusting
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), tls.port())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      FrameConnection attacker = FrameConnection.over(socket);
      attacker.preface();
      attacker.frame(SETTINGS, 0, 0);
      attacker.flush();
      attacker.await(SETTINGS);
      socket.getSession().invalidate();
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                attacker.awaitEnd();
                throw new AssertionError("the handshake was repeated");
              })
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("handshake_failure");
    }
  }

  /** A hedge that lost and a call that its caller gave up are a reset each. */
  @Test
  void hedgesAndCancelledCallsTripNoBound() throws Exception {
    Set<Object> connections = ConcurrentHashMap.newKeySet();
    AtomicInteger cancelled = new AtomicInteger();
    start(serving().intercept(new CountsCancelled(connections, cancelled)));
    int hedges = 500;
    for (int i = 0; i < hedges; i++) {
      ClientCall<String, String> loser = honest().newCall(EchoMethod.CHAT, CallOptions.DEFAULT);
      loser.start(new ClientCall.Listener<>() {}, new Metadata());
      loser.sendMessage("hedge");
      assertThat(EchoMethod.say(honest(), "winner")).isEqualTo("winner");
      loser.cancel("lost", null);
    }
    Await.until("all losers are cancelled", () -> cancelled.get() >= hedges);
    assertThat(cancelled).hasValue(hedges);
    assertThat(connections).hasSize(1);
  }

  private record CountsCancelled(Set<Object> connections, AtomicInteger cancelled)
      implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      connections.add(
          Objects.requireNonNull(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
        @Override
        public void onCancel() {
          cancelled.incrementAndGet();
          super.onCancel();
        }
      };
    }
  }

  /** What the server did first about a call. */
  private static String outcome(FrameConnection attacker) throws IOException {
    for (FrameConnection.Frame frame = attacker.next(); frame != null; frame = attacker.next()) {
      if (frame.type() == RST_STREAM) {
        return "reset " + frame.number(0);
      } else if (frame.type() == GOAWAY) {
        return "good-bye " + frame.number(4) + " " + frame.text(8);
      } else if (frame.type() == HEADERS && (frame.flags() & END_STREAM) != 0) {
        return "status " + frame.text(0);
      }
    }
    return "closed";
  }

  /** The same connection serves a good call. */
  private static void assertServed(FrameConnection connection, int stream) throws IOException {
    connection.call(stream, SAY);
    connection.frame(DATA, END_STREAM, stream, FrameConnection.message(false));
    FrameConnection.Frame answer = connection.await(DATA);
    while (answer.stream() != stream) {
      answer = connection.await(DATA);
    }
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
