package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.TestAuthority;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettySslContextChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a client is told when its side of TLS, or the server's, is set up wrongly. */
@Timeout(120)
class TlsMistakesTest {
  /** The JDK of the server chooses the alert. */
  private static final String ALERT =
      " \\((bad_certificate|certificate_required|certificate_unknown)\\); ";

  private static final String GIVE_ONE =
      "give one with TlsChannelCredentials keyManager\\(...\\), signed by an authority that the"
          + " server trusts";

  private static final String COMPARE =
      "it has expired, or is of an authority that the server does not trust: \"openssl x509 -noout"
          + " -issuer -dates -in FILE\" shows both";

  @TempDir static Path directory;
  private static Certificates echo;
  private static Certificates caller;
  private static Certificates stranger;
  private static Path expiredAuthority;
  private static Certificates expired;

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  @BeforeAll
  static void makeCertificates() {
    echo = Certificates.create(directory, "echo");
    caller = Certificates.create(directory, "caller");
    stranger = Certificates.create(directory, "stranger");
    TestAuthority authority = TestAuthority.create("expired-authority");
    expiredAuthority = authority.write(directory.resolve("expired-authority.pem"));
    Instant now = Instant.now();
    expired =
        authority
            .leaf("expired")
            .valid(now.minus(Duration.ofDays(10)), now.minus(Duration.ofDays(8)))
            .write(directory);
  }

  @Test
  void plaintextToAServerThatSpeaksTls() throws Exception {
    RpcServer server = running.start(serving().tls(echo.certificate(), echo.key()));
    assertThat(failure(server, InsecureChannelCredentials.create()))
        .contains(
            "it closed the connection before it said anything, as a server does that expects TLS;"
                + " give the channel credentials(...) if it does");
  }

  @Test
  void tlsToAServerThatSpeaksPlaintext() throws Exception {
    RpcServer server = running.start(serving());
    assertThat(failure(server, trusting(echo).build())).contains("it does not speak TLS");
  }

  @Test
  void noClientCertificateWhereOneIsWanted() throws Exception {
    RpcServer server =
        running.start(serving().tls(echo.certificate(), echo.key(), caller.certificate()));
    assertThat(failure(server, trusting(echo).build()))
        .containsPattern(
            "the server wants a client certificate, and this channel has none" + ALERT + GIVE_ONE);
  }

  @Test
  void clientCertificateOfAStranger() throws Exception {
    RpcServer server =
        running.start(serving().tls(echo.certificate(), echo.key(), caller.certificate()));
    ChannelCredentials wrong =
        trusting(echo).keyManager(stranger.certificate().toFile(), stranger.key().toFile()).build();
    assertThat(failure(server, wrong))
        .containsPattern(
            "the server does not accept the client certificate of this channel" + ALERT + COMPARE);
  }

  @Test
  void clientCertificateThatHasExpired() throws Exception {
    RpcServer server =
        running.start(serving().tls(echo.certificate(), echo.key(), expiredAuthority));
    ChannelCredentials old =
        trusting(echo).keyManager(expired.certificate().toFile(), expired.key().toFile()).build();
    assertThat(failure(server, old))
        .containsPattern(
            "the client certificate of this channel has expired; renew it"
                + "|the server does not accept the client certificate of this channel"
                + ALERT
                + COMPARE);
  }

  @Test
  void credentialsThatDoNotShowWhetherTheyHoldAClientCertificate() throws Exception {
    RpcServer server =
        running.start(serving().tls(echo.certificate(), echo.key(), caller.certificate()));
    ChannelCredentials closed =
        NettySslContextChannelCredentials.create(
            GrpcSslContexts.forClient().trustManager(echo.certificate().toFile()).build());
    assertThat(failure(server, closed))
        .containsPattern(
            "the server wants a client certificate that it trusts"
                + ALERT
                + "either the credentials of this channel hold none, or "
                + COMPARE);
  }

  @Test
  void serverCertificateThatHasExpired() throws Exception {
    // A server checks files when it starts; credentials stand for a certificate that expires later.
    ServerCredentials old =
        TlsServerCredentials.create(expired.certificate().toFile(), expired.key().toFile());
    RpcServer server = running.start(serving().tls(old));
    assertThat(failure(server, trusting(expiredAuthority).build()))
        .contains("the certificate of the server has expired (", "; renew it there");
  }

  @Test
  void serverCertificateOfAnUnknownAuthority() throws Exception {
    RpcServer server = running.start(serving().tls(stranger.certificate(), stranger.key()));
    assertThat(failure(server, trusting(echo).build()))
        .contains(
            "the certificate of the server is not signed by an authority that this channel trusts;"
                + " give that authority with TlsChannelCredentials trustManager(...)");
  }

  @Test
  void serverCertificateForAnotherName() throws Exception {
    RpcServer server = running.start(serving().tls(echo.certificate(), echo.key()));
    assertThat(failure("localhost:" + server.port(), trusting(echo).build()))
        .contains("the certificate of the server is for another name (", "; set authority(...)");
  }

  @Test
  void aMistakeOfAGatewayIsNotBlamedOnTls() {
    IllegalArgumentException mistake = new IllegalArgumentException("two routes are the same");
    RpcServer.Builder server =
        serving()
            .tls(echo.certificate(), echo.key())
            .gateway(
                port -> {
                  throw mistake;
                });
    assertThatThrownBy(server::start).isSameAs(mistake);
  }

  private static RpcServer.Builder serving() {
    return RpcServer.builder("echo").host("127.0.0.1").port(0).service(EchoRpc.bind(new Echo() {}));
  }

  private static TlsChannelCredentials.Builder trusting(Certificates server) throws IOException {
    return trusting(server.certificate());
  }

  private static TlsChannelCredentials.Builder trusting(Path authority) throws IOException {
    return TlsChannelCredentials.newBuilder().trustManager(authority.toFile());
  }

  private static String failure(RpcServer server, ChannelCredentials credentials) {
    return failure("127.0.0.1:" + server.port(), credentials);
  }

  private static String failure(String target, ChannelCredentials credentials) {
    try (RpcChannel channel = RpcChannel.to(target).credentials(credentials).build()) {
      RpcException failure =
          catchThrowableOfType(
              RpcException.class, () -> EchoRpc.client(channel).say(EchoLoopback.text("x")));
      return failure.getMessage();
    }
  }
}
