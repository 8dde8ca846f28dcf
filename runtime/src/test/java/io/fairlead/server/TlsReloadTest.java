package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.security.PeerIdentity;
import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.Await;
import io.fairlead.testkit.FrameConnection;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.TestAuthority;
import io.grpc.TlsChannelCredentials;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Certificates, keys and trust that change under connections, on both sides. */
@Timeout(300)
class TlsReloadTest {
  /** Of both sides together. The whole, 1,000, takes about 40 seconds. */
  private static final int ROTATIONS = Integer.getInteger("fairlead.tls.rotations", 40);

  private static final Duration INTERVAL = Duration.ofMillis(10);
  private static final String CALLER = "spiffe://shop.example/pricing";

  @TempDir private Path directory;
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private TestAuthority authority = TestAuthority.create("shop");
  private final Set<Instant> callers = ConcurrentHashMap.newKeySet();
  private final Queue<PeerIdentity> identities = new ConcurrentLinkedQueue<>();
  private Path trust;

  @BeforeEach
  void write() {
    trust = authority.write(directory.resolve("ca.crt"));
    server(Duration.ofDays(30));
    client(Duration.ofDays(30));
  }

  /** One file after the other, as a renewal does it; a check between them takes neither. */
  private Instant write(String name, TestAuthority.Leaf leaf, Duration left) {
    Instant until = Instant.now().plus(left);
    leaf.valid(Instant.now().minus(Duration.ofHours(1)), until)
        .write(directory.resolve(name + ".pem"), directory.resolve(name + ".key"));
    return Instant.ofEpochSecond(until.getEpochSecond());
  }

  private Instant server(Duration left) {
    return write("echo", authority.leaf("echo"), left);
  }

  private Instant client(Duration left) {
    return write("pricing", authority.leaf("pricing").uri(CALLER), left);
  }

  private TlsFiles files(String name) {
    return TlsFiles.builder()
        .certificate(directory.resolve(name + ".pem"), directory.resolve(name + ".key"))
        .trust(trust)
        .checkInterval(INTERVAL)
        .build();
  }

  private RpcServer start() {
    return start(files("echo"));
  }

  private RpcServer start(TlsFiles files) {
    return running.start(
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .tls(files)
            .service(
                EchoRpc.bind(
                    new Echo() {
                      @Override
                      public StringValue say(StringValue request) {
                        PeerIdentity peer = CallContext.current().peerIdentity().orElseThrow();
                        identities.add(peer);
                        callers.add(peer.expiry());
                        return request;
                      }
                    })));
  }

  private RpcChannel channel(RpcServer server) {
    return RpcChannel.to("127.0.0.1:" + server.port()).tls(files("pricing")).build();
  }

  private static void say(RpcChannel channel) {
    assertThat(EchoRpc.client(channel).say(EchoLoopback.text("x")).getValue()).isEqualTo("x");
  }

  @Test
  void theHandlerKnowsTheCallerByItsCertificate() {
    RpcServer server = start();
    say(running.add(channel(server)));
    assertThat(identities)
        .singleElement()
        .satisfies(
            peer -> {
              assertThat(peer.spiffeId()).contains(CALLER);
              assertThat(peer.dnsNames()).containsExactly("pricing");
              assertThat(peer.subject()).isEqualTo("CN=pricing");
              assertThat(peer).hasToString(CALLER);
            });
  }

  @Test
  void theLogOfAServerNamesTheCertificateThatItRefuses() throws Exception {
    RpcServer server = start();
    TestAuthority.create("elsewhere")
        .leaf("stranger")
        .write(directory.resolve("pricing.pem"), directory.resolve("pricing.key"));
    try (LogCapture logs = LogCapture.of("io.fairlead.tls");
        RpcChannel channel = channel(server)) {
      assertThatThrownBy(() -> say(channel)).isInstanceOf(RpcException.class);
      assertThat(logs.warnings())
          .first()
          .asString()
          .contains("server echo refuses a client that shows the certificate CN=stranger of")
          .contains("stranger, valid until 20")
          .contains(" days left): ");
    }
  }

  @Test
  void aServerForAnotherNameIsRefusedWithFilesToo() {
    write("echo", authority.leaf("other"), Duration.ofDays(30));
    RpcServer server = start();
    try (RpcChannel channel =
        RpcChannel.to("localhost:" + server.port()).tls(files("pricing")).build()) {
      assertThatThrownBy(() -> say(channel))
          .isInstanceOf(RpcException.class)
          .hasMessageContaining("the certificate of the server is for another name (")
          .hasMessageContaining("localhost")
          .hasMessageContaining("; it shows the certificate CN=other of other, valid until 20");
    }
  }

  @Test
  void rotationsUnderLoadLoseNoCall() throws Exception {
    RpcServer server = start();
    AtomicInteger calls = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<Throwable> lost = new AtomicReference<>();
    RpcChannel lasting = running.add(channel(server));
    // Opened again and again, so that handshakes meet each moment of a rotation of the server.
    TlsFiles steady =
        TlsFiles.builder()
            .certificate(
                Files.copy(directory.resolve("pricing.pem"), directory.resolve("steady.pem")),
                Files.copy(directory.resolve("pricing.key"), directory.resolve("steady.key")))
            .trust(trust)
            .build();
    AtomicInteger handshakes = new AtomicInteger();
    Thread load =
        new Thread(
            () -> {
              try {
                while (!stop.get()) {
                  for (int i = 0; i < 10; i++) {
                    say(lasting);
                    calls.incrementAndGet();
                  }
                  try (RpcChannel fresh =
                      RpcChannel.to("127.0.0.1:" + server.port()).tls(steady).build()) {
                    say(fresh);
                    handshakes.incrementAndGet();
                  }
                }
              } catch (RuntimeException | Error e) {
                lost.set(e);
              }
            });
    load.start();
    // Waits for each rotation, so that each is taken by both sides; then a new connection uses it.
    for (int i = 1; i <= ROTATIONS / 2; i++) {
      Instant ofServer = server(Duration.ofDays(30).plusSeconds(10L * i));
      Instant ofClient = client(Duration.ofDays(30).plusSeconds(10L * i));
      Await.until(
          "the server's rotation " + i,
          () -> server.certificateExpiry().filter(ofServer::equals).isPresent());
      Await.until(
          "the channel's rotation " + i,
          () -> lasting.certificateExpiry().filter(ofClient::equals).isPresent());
      try (RpcChannel other = channel(server)) {
        say(other);
      }
      assertThat(callers).contains(ofClient);
    }
    stop.set(true);
    load.join();
    assertThat(lost.get()).isNull();
    assertThat(calls.get()).isGreaterThan(ROTATIONS);
    assertThat(handshakes.get()).isGreaterThan(ROTATIONS / 10);
  }

  @Test
  void aCallerThatIsNoLongerTrustedIsCutOffAndStaysOut() throws Exception {
    RpcServer server = start();
    Path before = directory.resolve("before.crt");
    Files.copy(trust, before);
    TlsFiles unchanged =
        TlsFiles.builder()
            .certificate(directory.resolve("pricing.pem"), directory.resolve("pricing.key"))
            .trust(before)
            .build();
    try (LogCapture logs = LogCapture.of("io.fairlead.tls");
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).tls(unchanged).build()) {
      say(channel);
      TestAuthority.create("shop").write(trust);
      Await.until(
          "the connection is closed", () -> !logs.with("is not trusted any more").isEmpty());
      assertThat(logs.with("is not trusted any more").get(0))
          .contains("server echo closes the connection with /127.0.0.1:")
          .contains("whose certificate is not trusted any more: " + CALLER + ", ");
      // The line comes before the end of the connection, and a call may come between.
      Await.until(
          "a call fails",
          () -> {
            try {
              say(channel);
              return false;
            } catch (RpcException e) {
              return true;
            }
          });
      int served = identities.size();
      // A session that is resumed would need no certificate.
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(() -> say(channel)).isInstanceOf(RpcException.class);
        Thread.sleep(50);
      }
      assertThat(identities).hasSize(served);
    }
  }

  /** A client that does not forget its session needs no certificate to resume it. */
  @Test
  void aCallerThatIsNoLongerTrustedCannotResumeItsSession() throws Exception {
    TlsFiles slow =
        TlsFiles.builder()
            .certificate(directory.resolve("echo.pem"), directory.resolve("echo.key"))
            .trust(trust)
            .checkInterval(Duration.ofSeconds(2))
            .build();
    RpcServer server = start(slow);
    SSLContext client = jdkClient();
    try (LogCapture logs = LogCapture.of("io.fairlead.tls");
        SSLSocket before = connect(client, server)) {
      assertThat(served(before)).isTrue();
      // Until this check both are trusted.
      try (SSLSocket resumed = connect(client, server)) {
        assertThat(resumed.getSession().getCreationTime())
            .isEqualTo(before.getSession().getCreationTime());
        assertThat(served(resumed)).isTrue();
      }
      TestAuthority.create("shop").write(trust);
      Await.until(
          "the connection is closed", () -> !logs.with("is not trusted any more").isEmpty());
      try (SSLSocket again = connect(client, server)) {
        assertThat(served(again)).isFalse();
      }
    }
  }

  private SSLContext jdkClient() throws IOException {
    JdkSslContext netty =
        (JdkSslContext)
            SslContextBuilder.forClient()
                .keyManager(
                    directory.resolve("pricing.pem").toFile(),
                    directory.resolve("pricing.key").toFile())
                .trustManager(trust.toFile())
                .build();
    return netty.context();
  }

  /** Makes calls for many intervals on one connection, which must not be closed. */
  private static void staysOpen(SSLSocket socket) throws Exception {
    FrameConnection connection = FrameConnection.over(socket);
    connection.preface();
    connection.frame(FrameConnection.SETTINGS, 0, 0);
    for (int id = 1; id < 30; id += 2) {
      connection.call(id, "/" + EchoRpc.SAY.fullName());
      connection.frame(
          FrameConnection.DATA, FrameConnection.END_STREAM, id, FrameConnection.message(false));
      connection.flush();
      connection.await(FrameConnection.DATA);
      Thread.sleep(2 * INTERVAL.toMillis());
    }
  }

  @Test
  void aClientThatSendsAnAuthorityThatHasEndedKeepsItsConnection() throws Exception {
    RpcServer server = start();
    Path crossSigned = directory.resolve("cross.crt");
    TestAuthority.create("old")
        .leaf("shop")
        .valid(Instant.now().minus(Duration.ofDays(9)), Instant.now().minus(Duration.ofDays(1)))
        .write(crossSigned, directory.resolve("cross.key"));
    Path chain = directory.resolve("pricing.pem");
    Files.writeString(chain, Files.readString(chain) + Files.readString(crossSigned));
    try (SSLSocket socket = connect(jdkClient(), server)) {
      staysOpen(socket);
    }
  }

  /** Whether it could resume its session or not, which the JDK decides. */
  @Test
  void aClientOfAReplacedCertificateThatComesBackKeepsItsConnection() throws Exception {
    // In the last tenth of its life.
    server(Duration.ofMinutes(4));
    RpcServer server = start();
    SSLContext client = jdkClient();
    try (SSLSocket before = connect(client, server)) {
      assertThat(served(before)).isTrue();
      Instant next = server(Duration.ofDays(30));
      Await.until(
          "the rotation", () -> server.certificateExpiry().filter(next::equals).isPresent());
      // The time of the rotation is noted in milliseconds or finer.
      Thread.sleep(50);
      try (SSLSocket after = connect(client, server)) {
        staysOpen(after);
      }
    }
  }

  @Test
  void aChannelIsNotLookedAfterWithTheFilesOfAnotherOneOfItsBuilder() throws Exception {
    RpcServer server = start();
    Path before = directory.resolve("before.crt");
    Files.copy(trust, before);
    RpcChannel.Builder builder = RpcChannel.to("127.0.0.1:" + server.port());
    TlsFiles watched =
        TlsFiles.builder()
            .certificate(directory.resolve("pricing.pem"), directory.resolve("pricing.key"))
            .trust(before)
            .checkInterval(INTERVAL)
            .build();
    try (LogCapture logs = LogCapture.of("io.fairlead.tls");
        RpcChannel first = builder.tls(watched).build();
        RpcChannel second =
            builder
                .credentials(
                    TlsChannelCredentials.newBuilder()
                        .keyManager(
                            directory.resolve("pricing.pem").toFile(),
                            directory.resolve("pricing.key").toFile())
                        .trustManager(trust.toFile())
                        .build())
                .build()) {
      say(second);
      for (int i = 1; i <= 2; i++) {
        // With the second one, the checks of the first one have ended.
        int taken = i;
        TestAuthority.create("elsewhere").write(before);
        Await.until("reload " + i, () -> logs.with(" took the authorities in ").size() == taken);
      }
      say(second);
      assertThat(logs.with("is not trusted any more")).isEmpty();
      assertThat(first.certificateExpiry()).isPresent();
    }
  }

  @Test
  void aCallerThatHasExpiredCannotResumeItsSession() throws Exception {
    RpcServer server = start();
    Instant end = client(Duration.ofSeconds(3));
    SSLContext client = jdkClient();
    try (SSLSocket before = connect(client, server)) {
      assertThat(served(before)).isTrue();
      Await.until("the certificate ends", () -> Instant.now().isAfter(end.plusMillis(1)));
      try (SSLSocket again = connect(client, server)) {
        assertThat(served(again)).isFalse();
      }
    }
  }

  private static SSLSocket connect(SSLContext context, RpcServer server) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return socket;
  }

  /** Makes a call; false if the connection ends instead. */
  private static boolean served(SSLSocket socket) {
    try {
      // Not closed: that would end the session too.
      FrameConnection connection = FrameConnection.over(socket);
      connection.preface();
      connection.frame(FrameConnection.SETTINGS, 0, 0);
      connection.call(1, "/" + EchoRpc.SAY.fullName());
      connection.frame(
          FrameConnection.DATA, FrameConnection.END_STREAM, 1, FrameConnection.message(false));
      connection.flush();
      connection.await(FrameConnection.DATA);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aConnectionWhoseCertificateWasReplacedAndEndsIsReplacedWithoutALostCall() throws Exception {
    RpcServer server = start();
    // In the last tenth of its life.
    Instant first = client(Duration.ofMinutes(4));
    try (RpcChannel channel = channel(server)) {
      say(channel);
      assertThat(callers).containsExactly(first);
      Instant second = client(Duration.ofDays(30));
      Await.until(
          "a connection with the new certificate",
          () -> {
            say(channel);
            return callers.contains(second);
          });
    }
  }

  @Test
  void aConnectionWhoseCallerHasExpiredIsClosed() throws Exception {
    RpcServer server = start();
    try (LogCapture logs = LogCapture.of("io.fairlead.tls")) {
      client(Duration.ofSeconds(2));
      try (RpcChannel channel = channel(server)) {
        say(channel);
        Await.until(
            "calls fail, as new handshakes do",
            () -> {
              try {
                say(channel);
                return false;
              } catch (RpcException e) {
                return true;
              }
            });
        // A session that is resumed would need no certificate.
        for (int i = 0; i < 10; i++) {
          assertThatThrownBy(() -> say(channel)).isInstanceOf(RpcException.class);
          Thread.sleep(50);
        }
        assertThat(callers).allMatch(Instant.now()::isAfter);
      }
      assertThat(logs.with("channel to ").get(0)).contains("certificate CN=pricing of " + CALLER);
    }
  }

  @Test
  void aServerWithoutACertificateInItsFilesIsToldWhatIsMissing() {
    RpcServer.Builder builder =
        RpcServer.builder("echo")
            .service(EchoRpc.bind(new Echo() {}))
            .tls(TlsFiles.builder().trust(trust).build());
    assertThatThrownBy(builder::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "server echo cannot serve with TLS files "
                + trust
                + ", which have no certificate; add certificate(chain, key)");
  }

  @Test
  void theThreadOfTheFilesEndsWithTheServer() throws Exception {
    RpcServer server = start();
    BooleanSupplier present =
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .anyMatch(each -> each.getName().startsWith("fairlead-tls-server-echo"));
    assertThat(present.getAsBoolean()).isTrue();
    server.close();
    Await.until("the thread ends", () -> !present.getAsBoolean());
  }

  @Test
  void readinessNamesTheCertificate() {
    RpcServer server = start();
    assertThat(server.readiness())
        .singleElement()
        .satisfies(
            state -> {
              assertThat(state.name()).isEqualTo("TLS certificate");
              assertThat(state.ready()).isTrue();
            });
  }
}
