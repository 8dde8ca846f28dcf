package io.fairlead.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.security.TlsFiles;
import io.fairlead.testkit.TestAuthority;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is not the one that the channel is for, in each way that a JDK may ask. */
class ReloadingTrustManagerTest {
  private static final String PRICING = "spiffe://shop.example/pricing";
  private static final String BILLING = "spiffe://shop.example/billing";
  private static final String EXCHANGE = "ECDHE_ECDSA";

  @TempDir private Path directory;
  private final TestAuthority authority = TestAuthority.create("shop");

  private PemFile pem(Path file) {
    return PemFile.read(TlsFiles.builder().build(), file);
  }

  private X509Certificate[] chain(String id) {
    Path chain = directory.resolve("tls.crt");
    authority.leaf("server").uri(id).write(chain, directory.resolve("tls.key"));
    return pem(chain).certificates().toArray(X509Certificate[]::new);
  }

  private ReloadingTrustManager trust(String... serverIds) {
    PemFile authorities = pem(authority.write(directory.resolve("ca.crt")));
    return new ReloadingTrustManager("channel pricing", authorities, List.of(serverIds));
  }

  @Test
  void aServerWithAnotherIdIsRefusedHoweverItIsAsked() throws Exception {
    ReloadingTrustManager trust = trust(PRICING);
    X509Certificate[] billing = chain(BILLING);
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    String why = "it is " + BILLING + ", and the channel is for " + PRICING;
    assertThatThrownBy(() -> trust.checkServerTrusted(billing, EXCHANGE))
        .isInstanceOf(CertificateException.class)
        .hasMessage(why);
    assertThatThrownBy(() -> trust.checkServerTrusted(billing, EXCHANGE, engine))
        .isInstanceOf(CertificateException.class)
        .hasRootCauseMessage(why);
    try (Socket socket = new Socket()) {
      assertThatThrownBy(() -> trust.checkServerTrusted(billing, EXCHANGE, socket))
          .isInstanceOf(CertificateException.class)
          .hasRootCauseMessage(why);
    }
  }

  @Test
  void aServerWithTheRightIdIsTakenHoweverItIsAsked() throws Exception {
    ReloadingTrustManager trust = trust(PRICING);
    X509Certificate[] pricing = chain(PRICING);
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    assertThatCode(() -> trust.checkServerTrusted(pricing, EXCHANGE)).doesNotThrowAnyException();
    assertThatCode(() -> trust.checkServerTrusted(pricing, EXCHANGE, engine))
        .doesNotThrowAnyException();
    try (Socket socket = new Socket()) {
      assertThatCode(() -> trust.checkServerTrusted(pricing, EXCHANGE, socket))
          .doesNotThrowAnyException();
    }
    assertThat(trust.getAcceptedIssuers()).hasSize(1);
  }
}
