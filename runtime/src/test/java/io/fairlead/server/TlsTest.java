package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.TestAuthority;
import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** TLS and mutual TLS, found through a registry that says so. */
@Timeout(120)
class TlsTest {
  @TempDir static Path directory;
  private static Certificates echo;
  private static Certificates caller;
  private static Certificates stranger;

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();
  private final InMemoryRegistry registry = running.add(new InMemoryRegistry());

  @BeforeAll
  static void makeCertificates() {
    echo = Certificates.create(directory, "echo");
    caller = Certificates.create(directory, "caller");
    stranger = Certificates.create(directory, "stranger");
  }

  @Test
  void theRegistryTellsClientsToUseTls() throws Exception {
    RpcServer server = running.start(serving().tls(echo.certificate(), echo.key()));
    assertThat(server.registration())
        .map(Registration::endpoint)
        .hasValueSatisfying(
            endpoint ->
                assertThat(endpoint.addresses())
                    .containsExactly(new Address(Address.GRPCS, "127.0.0.1", server.port())));
    // The certificate names the service, not the host: that is what a client asks for.
    assertThat(say(trusting(echo).build())).isEqualTo("x");
  }

  @Test
  void aServerWithAnotherCertificateIsRefused() throws Exception {
    running.start(serving().tls(stranger.certificate(), stranger.key()));
    assertThatThrownBy(() -> say(trusting(echo).build()))
        .isInstanceOf(RpcException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void aCertificateForAnotherNameIsRefused() throws Exception {
    running.start(serving().tls(stranger.certificate(), stranger.key()));
    assertThatThrownBy(() -> say(trusting(stranger).build()))
        .isInstanceOf(RpcException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void withMutualTlsTheAuthorizerSeesWhoCalls() throws Exception {
    CopyOnWriteArrayList<String> seen = new CopyOnWriteArrayList<>();
    Authorizer byCertificate =
        Authorizer.byScopes(
            request -> {
              X509Certificate own = (X509Certificate) request.certificates().get(0);
              String name = own.getSubjectX500Principal().getName();
              seen.add(name);
              return new Caller(name, java.util.Set.of());
            });
    running.start(
        serving()
            .tls(echo.certificate(), echo.key(), caller.certificate())
            .authorizer(byCertificate));
    ChannelCredentials own =
        trusting(echo).keyManager(caller.certificate().toFile(), caller.key().toFile()).build();
    assertThat(say(own)).isEqualTo("x");
    assertThat(seen).containsExactly("CN=caller");
  }

  @Test
  void withMutualTlsAClientWithoutACertificateIsRefused() throws Exception {
    running.start(serving().tls(echo.certificate(), echo.key(), caller.certificate()));
    assertThatThrownBy(() -> say(trusting(echo).build()))
        .isInstanceOfSatisfying(
            RpcException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void withMutualTlsAStrangerIsRefused() throws Exception {
    running.start(serving().tls(echo.certificate(), echo.key(), caller.certificate()));
    ChannelCredentials wrong =
        trusting(echo).keyManager(stranger.certificate().toFile(), stranger.key().toFile()).build();
    assertThatThrownBy(() -> say(wrong))
        .isInstanceOfSatisfying(
            RpcException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    Path missing = directory.resolve("missing.pem");
    assertThatThrownBy(() -> serving().tls(missing, echo.key()).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a TLS file cannot be read")
        .hasMessageContaining("missing.pem");
  }

  @Test
  void aFileThatIsNoCertificateIsNamed() throws IOException {
    Path text = Files.writeString(directory.resolve("text.pem"), "hello\n");
    assertThatThrownBy(() -> serving().tls(text, echo.key()).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("text.pem");
  }

  @Test
  void aKeyOfAnotherCertificateIsRefusedAtTheStart() {
    assertThatThrownBy(() -> serving().tls(echo.certificate(), stranger.key()).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the key in "
                + stranger.key()
                + " does not belong to the certificate in "
                + echo.certificate()
                + "; every handshake would fail. Give tls(...) the key that the certificate was"
                + " made for");
  }

  @Test
  void anExpiredCertificateIsRefusedAtTheStart() {
    Instant now = Instant.now();
    Certificates old =
        TestAuthority.create("authority")
            .leaf("old")
            .valid(now.minus(Duration.ofDays(5)), now.minus(Duration.ofDays(3)))
            .write(directory);
    assertThatThrownBy(() -> serving().tls(old.certificate(), old.key()).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the certificate in " + old.certificate() + " is valid from ")
        .hasMessageContaining("every client would refuse it");
  }

  @Test
  void aKeyInAnotherFormatIsToldHowToConvertIt() throws IOException {
    Path key =
        Files.writeString(
            directory.resolve("pkcs1.key"),
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    assertThatThrownBy(() -> serving().tls(echo.certificate(), key).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(key + " holds RSA PRIVATE KEY")
        .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt -in pkcs1.key -out pkcs8.key");
  }

  @Test
  void keysMayComeFromMemory() throws Exception {
    ServerCredentials inMemory =
        TlsServerCredentials.create(
            new ByteArrayInputStream(Files.readAllBytes(echo.certificate())),
            new ByteArrayInputStream(Files.readAllBytes(echo.key())));
    running.start(serving().tls(inMemory));
    assertThat(say(trusting(echo).build())).isEqualTo("x");
  }

  private RpcServer.Builder serving() {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .registry(registry)
        .timeouts(timeouts -> timeouts.deregistrationDelay(java.time.Duration.ZERO))
        .service(
            EchoRpc.bind(
                new io.fairlead.contract.Echo() {
                  @Override
                  public com.google.protobuf.StringValue say(
                      com.google.protobuf.StringValue request) {
                    return request;
                  }
                }));
  }

  private static TlsChannelCredentials.Builder trusting(Certificates server) throws IOException {
    return TlsChannelCredentials.newBuilder().trustManager(server.certificate().toFile());
  }

  private String say(ChannelCredentials credentials) {
    try (RpcChannel channel =
        RpcChannel.to("memory:///echo")
            .registry(registry)
            .credentials(credentials)
            .service(EchoRpc.service())
            .policy(
                EchoRpc.SAY.fullName(),
                MethodPolicy.builder().deadline(Duration.ofMinutes(1)).build())
            .build()) {
      return EchoRpc.client(channel).say(EchoLoopback.text("x")).getValue();
    }
  }
}
