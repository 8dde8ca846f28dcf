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
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is not the one that the channel is for, in each way that a JDK may ask. */
class ReloadingTrustManagerTest {
  private static final String PRICING = "spiffe://shop.example/pricing";
  private static final String BILLING = "spiffe://shop.example/billing";
  private static final String PARTNER = "spiffe://partner.example/orders";
  private static final String EXCHANGE = "ECDHE_ECDSA";

  @TempDir private Path directory;
  private final TestAuthority authority = TestAuthority.create("shop");
  private final TestAuthority partner = TestAuthority.create("partner");

  private PemFile pem(Path file) {
    return PemFile.read(TlsFiles.builder().build(), file);
  }

  private X509Certificate[] chain(String id) {
    return chain(authority, id);
  }

  private X509Certificate[] chain(TestAuthority signer, String id) {
    Path chain = directory.resolve("tls.crt");
    signer.leaf("server").uri(id).write(chain, directory.resolve("tls.key"));
    return pem(chain).certificates().toArray(X509Certificate[]::new);
  }

  private ReloadingTrustManager trust(String... serverIds) {
    return trust(Map.of(), serverIds);
  }

  private ReloadingTrustManager trust(Map<String, PemFile> domains, String... serverIds) {
    PemFile own = pem(authority.write(directory.resolve("ca.crt")));
    return new ReloadingTrustManager(
        "channel pricing", new Authorities(own, domains), List.of(serverIds));
  }

  private PemFile partner() {
    return pem(partner.write(directory.resolve("partner.crt")));
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

  @Test
  void aDomainIsVouchedForByItsOwnAuthoritiesAloneAndTheyByNoOther() throws Exception {
    ReloadingTrustManager trust = trust(Map.of("partner.example", partner()));
    for (X509Certificate[] known : List.of(chain(partner, PARTNER), chain(PRICING))) {
      assertThatCode(() -> trust.checkClientTrusted(known, EXCHANGE)).doesNotThrowAnyException();
      assertThatCode(() -> trust.checkServerTrusted(known, EXCHANGE)).doesNotThrowAnyException();
    }
    // An authority that is trusted for its own names must not make those of others.
    for (X509Certificate[] forged :
        List.of(chain(PARTNER), chain(partner, PRICING), chain(partner, "https://partner"))) {
      assertThatThrownBy(() -> trust.checkClientTrusted(forged, EXCHANGE))
          .isInstanceOf(CertificateException.class);
      assertThatThrownBy(() -> trust.checkServerTrusted(forged, EXCHANGE))
          .isInstanceOf(CertificateException.class);
    }
    assertThat(trust.getAcceptedIssuers()).as("what clients choose by").hasSize(2);
  }

  @Test
  void nobodyOfADomainIsTrustedWhoseAuthoritiesAreNotKnown() throws Exception {
    PemFile nothing = new PemFile(Path.of("partner.pem"), "");
    ReloadingTrustManager trust = trust(Map.of("partner.example", nothing));
    X509Certificate[] stranger = chain(partner, PARTNER);
    assertThatThrownBy(() -> trust.checkServerTrusted(stranger, EXCHANGE))
        .isInstanceOf(CertificateException.class)
        .hasMessage(
            "it is " + PARTNER + ", and no authority of the trust domain partner.example is known");
    X509Certificate[] own = chain(PRICING);
    assertThatCode(() -> trust.checkServerTrusted(own, EXCHANGE)).doesNotThrowAnyException();
    trust.replace(
        new Authorities(pem(directory.resolve("ca.crt")), Map.of("partner.example", partner())));
    assertThatCode(() -> trust.checkServerTrusted(stranger, EXCHANGE)).doesNotThrowAnyException();
  }

  @Test
  void aDomainThatIsNoneIsRefusedBeforeAnythingStarts() {
    TlsFiles.Builder files = TlsFiles.builder();
    assertThatThrownBy(() -> files.trustDomain("spiffe://partner.example", Path.of("p.pem")))
        .hasMessageContaining("is no trust domain of SPIFFE; write it as partner.example");
    assertThatThrownBy(() -> files.trustDomain("partner.example", Path.of("p.pem")).build())
        .hasMessageStartingWith("trustDomain(...) needs trust(...)");
  }
}
