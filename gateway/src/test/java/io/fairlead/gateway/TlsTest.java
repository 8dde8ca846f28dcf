package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.client.RpcChannel;
import io.fairlead.gateway.library.GetBookRequest;
import io.fairlead.gateway.library.LibraryRpc;
import io.fairlead.testkit.Certificates;
import io.grpc.Grpc;
import io.grpc.TlsChannelCredentials;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS: the client says by ALPN which version it speaks. */
class TlsTest {
  @TempDir private static Path directory;
  private static Certificates own;
  private static SSLContext trusting;

  @BeforeAll
  static void makeCertificates() throws Exception {
    own = Certificates.create(directory, "library");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(own.certificate())) {
      store.setCertificateEntry(
          "library", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    trusting = SSLContext.getInstance("TLS");
    trusting.init(null, trust.getTrustManagers(), null);
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void bothVersionsAreServed(HttpClient.Version version) throws Exception {
    try (GatewayFixture library =
        new GatewayFixture(server -> server.tls(own.certificate(), own.key()))) {
      HttpClient client = HttpClient.newBuilder().sslContext(trusting).version(version).build();
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("https://127.0.0.1:" + library.server.port() + "/v1/books/secret"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(response.version()).isEqualTo(version);
      assertThat(response.body()).contains("Über secret");
    }
  }

  @Test
  void aClientWithoutAlpnSpeaksHttp1() throws Exception {
    try (GatewayFixture library =
            new GatewayFixture(server -> server.tls(own.certificate(), own.key()));
        SSLSocket socket =
            (SSLSocket)
                trusting.getSocketFactory().createSocket("127.0.0.1", library.server.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /v1/books/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                  .getBytes(US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aCallOfHttp1ThatLastsLongerThanTheHandshakeMayIsAnswered() throws Exception {
    try (GatewayFixture library =
            new GatewayFixture(
                server ->
                    server
                        .tls(own.certificate(), own.key())
                        .connections(c -> c.handshakeTimeout(Duration.ofSeconds(3))));
        SSLSocket socket =
            (SSLSocket)
                trusting.getSocketFactory().createSocket("127.0.0.1", library.server.port())) {
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + GatewayFixture.GET_BOOK
                      + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                      + "Content-Type: application/json\r\n"
                      + "Content-Length: 15\r\n\r\n{\"name\":\"wait\"}")
                  .getBytes(US_ASCII));
      assertThat(library.handler.waiting.await(20, TimeUnit.SECONDS)).isTrue();
      // One that began later, and does not even shake hands, has its end behind it.
      try (Socket silent = library.connect()) {
        assertThat(silent.getInputStream().read()).isEqualTo(-1);
      }
      socket.setSoTimeout(20_000);
      library.handler.cancelled.countDown();
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void grpcIsServedAndTheAuthorizerSeesTheSession() throws Exception {
    AtomicReference<SSLSession> seen = new AtomicReference<>();
    try (GatewayFixture library =
            new GatewayFixture(
                server ->
                    server
                        .tls(own.certificate(), own.key())
                        .authorizer(
                            request -> {
                              seen.set(request.connection().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
                              return CompletableFuture.completedFuture(
                                  new io.fairlead.security.Authorizer.Verdict.Allowed(
                                      new io.fairlead.security.Caller("ann", java.util.Set.of())));
                            }));
        RpcChannel channel =
            RpcChannel.to("dns:///127.0.0.1:" + library.server.port())
                .service(LibraryRpc.service())
                .credentials(
                    TlsChannelCredentials.newBuilder()
                        .trustManager(own.certificate().toFile())
                        .build())
                .build()) {
      assertThat(
              LibraryRpc.client(channel)
                  .getBook(GetBookRequest.newBuilder().setName("g").build())
                  .getTitle())
          .isEqualTo("Über g");
      assertThat(seen.getAndSet(null)).isNotNull();
      HttpClient client = HttpClient.newBuilder().sslContext(trusting).build();
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("https://127.0.0.1:" + library.server.port() + "/v1/books/a"))
              .build();
      assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      assertThat(seen.get()).isNotNull();
    }
  }

  @Test
  void aClientWithoutTheCertificateThatIsAskedForIsRefused() throws Exception {
    try (GatewayFixture library =
        new GatewayFixture(server -> server.tls(own.certificate(), own.key(), own.certificate()))) {
      HttpClient client = HttpClient.newBuilder().sslContext(trusting).build();
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("https://127.0.0.1:" + library.server.port() + "/v1/books/a"))
              .build();
      assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
          .isInstanceOf(java.io.IOException.class);
    }
  }
}
