package io.fairlead.internal.tls;

import io.fairlead.internal.LogThrottle;
import io.fairlead.internal.Plural;
import io.fairlead.security.PeerIdentity;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the other side of each handshake against the current authorities. It delegates with the
 * engine of the connection, by which the JDK compares the name. The watch replaces the authorities,
 * handshakes on any thread read them.
 */
final class ReloadingTrustManager extends X509ExtendedTrustManager {
  private static final System.Logger LOG = System.getLogger("io.fairlead.tls");
  private static final int MAX_CAUSES = 20;
  private static final String SPIFFE = "spiffe://";

  private final String owner;
  private final LogThrottle throttle = new LogThrottle(System::nanoTime);
  private final List<String> serverIds;
  private volatile Managers current;

  /**
   * What the JDK verifies with.
   *
   * @param domains null for a trust domain whose authorities are not known
   */
  private record Managers(
      X509ExtendedTrustManager own, Map<String, @Nullable X509ExtendedTrustManager> domains) {

    static Managers of(Authorities authorities) {
      Map<String, @Nullable X509ExtendedTrustManager> domains = new HashMap<>();
      authorities
          .domains()
          .forEach(
              (name, file) -> domains.put(name, file.content().isBlank() ? null : managerOf(file)));
      return new Managers(managerOf(authorities.own()), domains);
    }

    /** Returns the one for a certificate: an authority vouches for ids of its own domain alone. */
    X509ExtendedTrustManager of(X509Certificate certificate) throws CertificateException {
      if (domains.isEmpty()) {
        return own;
      }
      String id = PeerIdentity.of(certificate).spiffeId().orElse("");
      String domain = id.isEmpty() ? "" : id.substring(SPIFFE.length()).replaceFirst("/.*", "");
      if (!domains.containsKey(domain)) {
        return own;
      }
      X509ExtendedTrustManager ofDomain = domains.get(domain);
      if (ofDomain == null) {
        throw new CertificateException(
            "it is " + id + ", and no authority of the trust domain " + domain + " is known");
      }
      return ofDomain;
    }
  }

  /**
   * @param owner for the log
   * @param serverIds SPIFFE ids of which a server must have one; empty to compare its name
   */
  ReloadingTrustManager(String owner, Authorities authorities, List<String> serverIds) {
    this.owner = owner;
    this.serverIds = serverIds;
    this.current = Managers.of(authorities);
  }

  /** Called by the watch alone. */
  void replace(Authorities authorities) {
    current = Managers.of(authorities);
  }

  private static X509ExtendedTrustManager managerOf(@Nullable PemFile authorities) {
    try {
      KeyStore store = null;
      if (authorities != null) {
        store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        List<X509Certificate> certificates = authorities.certificates();
        for (int i = 0; i < certificates.size(); i++) {
          store.setCertificateEntry("authority-" + i, certificates.get(i));
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager each : factory.getTrustManagers()) {
        if (each instanceof X509ExtendedTrustManager manager) {
          return manager;
        }
      }
      throw new UnusableTlsFilesException("the JDK has no X.509 trust manager", null);
    } catch (IOException | GeneralSecurityException e) {
      throw new UnusableTlsFilesException(
          (authorities == null ? "the authorities of the JDK" : authorities.file().toString())
              + " cannot be used as trust: "
              + e.getMessage(),
          e);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    current.of(chain[0]).checkClientTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    current.of(chain[0]).checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      current.of(chain[0]).checkClientTrusted(chain, authType, engine);
    } catch (CertificateException e) {
      RefusedCertificateException refused = refused(chain, e);
      // The transport says nothing of a handshake that fails.
      log(refused);
      throw refused;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    current.of(chain[0]).checkServerTrusted(chain, authType);
    checkId(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checkServer(
        chain, authType, () -> current.of(chain[0]).checkServerTrusted(chain, authType, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    checkServer(
        chain, authType, () -> current.of(chain[0]).checkServerTrusted(chain, authType, engine));
  }

  /** A check of the chain, and of the name that the connection was opened for. */
  private interface CheckWithName {
    void run() throws CertificateException;
  }

  private void checkServer(X509Certificate[] chain, String authType, CheckWithName check)
      throws CertificateException {
    try {
      if (serverIds.isEmpty()) {
        check.run();
      } else {
        // Without the connection, the name is not compared.
        checkServerTrusted(chain, authType);
      }
    } catch (CertificateException e) {
      throw refused(chain, e);
    }
  }

  private void checkId(X509Certificate server) throws CertificateException {
    String id = PeerIdentity.of(server).spiffeId().orElse("");
    if (!serverIds.isEmpty() && serverIds.stream().noneMatch(each -> isId(each, id))) {
      throw new CertificateException(
          (id.isEmpty() ? "it has no SPIFFE id" : "it is " + id)
              + ", and the channel is for "
              + String.join(", ", serverIds));
    }
  }

  private static boolean isId(String pattern, String id) {
    return pattern.endsWith("*")
        ? id.startsWith(pattern.substring(0, pattern.length() - 1))
        : id.equals(pattern);
  }

  private static RefusedCertificateException refused(
      X509Certificate[] chain, CertificateException cause) {
    return new RefusedCertificateException(KeyMaterial.describe(chain[0], Instant.now()), cause);
  }

  private void log(RefusedCertificateException refused) {
    long others = throttle.admit();
    if (others < 0) {
      return;
    }
    Throwable reason = refused;
    for (int depth = 0; reason.getCause() != null && depth < MAX_CAUSES; depth++) {
      reason = reason.getCause();
    }
    LOG.log(
        Level.WARNING,
        "{0} refuses a client that shows the {1}: {2}{3}",
        owner,
        refused.getMessage(),
        reason.getMessage(),
        others == 0 ? "" : "; so it did with " + Plural.of(others, "other") + " before it");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    // Of all domains: a client chooses its certificate by them.
    Managers now = current;
    List<X509Certificate> issuers = new ArrayList<>(List.of(now.own().getAcceptedIssuers()));
    for (X509ExtendedTrustManager each : now.domains().values()) {
      if (each != null) {
        issuers.addAll(List.of(each.getAcceptedIssuers()));
      }
    }
    return issuers.toArray(X509Certificate[]::new);
  }
}
