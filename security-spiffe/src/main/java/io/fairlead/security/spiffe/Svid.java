package io.fairlead.security.spiffe;

import com.google.protobuf.ByteString;
import io.fairlead.security.PeerIdentity;
import io.fairlead.security.spiffe.internal.X509SVID;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A certificate of this process with its key and the authorities of its trust domain, as PEM.
 * Immutable; does not print its key.
 */
final class Svid {
  private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private final String id;
  private final Instant expiry;

  /** Agents have replaced it long before. */
  private final Instant late;

  private final String chain;
  private final String key;
  private final String bundle;
  private final Map<String, String> federated;

  private Svid(
      String id,
      Instant expiry,
      Instant late,
      String chain,
      String key,
      String bundle,
      Map<String, String> federated) {
    this.id = id;
    this.expiry = expiry;
    this.late = late;
    this.chain = chain;
    this.key = key;
    this.bundle = bundle;
    this.federated = federated;
  }

  /**
   * Reads the answer of an agent.
   *
   * @param wanted the id that this process is to have; null for the agent's default
   * @param domains the trust domains that are federated
   * @throws UnusableSvidException if there is nothing in it to use
   */
  static Svid of(X509SVIDResponse response, @Nullable String wanted, Set<String> domains)
      throws UnusableSvidException {
    if (response.getSvidsCount() == 0) {
      throw new UnusableSvidException("the agent sent no certificate");
    }
    for (X509SVID each : response.getSvidsList()) {
      if (wanted == null || wanted.equals(each.getSpiffeId())) {
        return of(each, federated(response, domains));
      }
    }
    throw new UnusableSvidException(
        "the agent gives this process "
            + String.join(
                ", ", response.getSvidsList().stream().map(X509SVID::getSpiffeId).toList())
            + ", and not "
            + wanted
            + "; register it, or change spiffeId(...)");
  }

  private static Map<String, String> federated(X509SVIDResponse response, Set<String> domains)
      throws UnusableSvidException {
    Map<String, String> bundles = new HashMap<>();
    for (String domain : domains) {
      ByteString der = response.getFederatedBundlesMap().get("spiffe://" + domain);
      if (der != null) {
        bundles.put(domain, pem(certificates("the bundle of " + domain, der)));
      }
    }
    return bundles;
  }

  private static Svid of(X509SVID svid, Map<String, String> federated)
      throws UnusableSvidException {
    List<X509Certificate> chain = certificates("the certificate", svid.getX509Svid());
    List<X509Certificate> bundle = certificates("the bundle", svid.getBundle());
    if (svid.getX509SvidKey().isEmpty()) {
      throw new UnusableSvidException("the certificate " + svid.getSpiffeId() + " has no key");
    }
    String stated = PeerIdentity.of(chain.get(0)).spiffeId().orElse("no SPIFFE id");
    if (!stated.equals(svid.getSpiffeId())) {
      throw new UnusableSvidException(
          "the certificate for " + svid.getSpiffeId() + " has " + stated + " in it");
    }
    Instant expiry = chain.get(0).getNotAfter().toInstant();
    Duration life = Duration.between(chain.get(0).getNotBefore().toInstant(), expiry);
    return new Svid(
        stated,
        expiry,
        expiry.minus(life.dividedBy(4)),
        pem(chain),
        block("PRIVATE KEY", svid.getX509SvidKey().toByteArray()),
        pem(bundle),
        federated);
  }

  private static List<X509Certificate> certificates(String what, ByteString der)
      throws UnusableSvidException {
    try {
      Collection<? extends Certificate> all =
          CertificateFactory.getInstance("X.509").generateCertificates(der.newInput());
      if (all.isEmpty()) {
        throw new UnusableSvidException(what + " that the agent sent is empty");
      }
      return all.stream().map(X509Certificate.class::cast).toList();
    } catch (CertificateException e) {
      throw new UnusableSvidException(
          what + " that the agent sent cannot be read: " + e.getMessage());
    }
  }

  private static String pem(List<X509Certificate> certificates) throws UnusableSvidException {
    StringBuilder text = new StringBuilder();
    try {
      for (X509Certificate each : certificates) {
        text.append(block("CERTIFICATE", each.getEncoded()));
      }
    } catch (CertificateException e) {
      throw new UnusableSvidException("a certificate cannot be written: " + e.getMessage());
    }
    return text.toString();
  }

  private static String block(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + PEM.encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  String id() {
    return id;
  }

  Instant expiry() {
    return expiry;
  }

  /** Returns when three quarters of its life are over. */
  Instant late() {
    return late;
  }

  String chain() {
    return chain;
  }

  String key() {
    return key;
  }

  String bundle() {
    return bundle;
  }

  /** Returns the authorities of a federated domain, or an empty text if the agent sent none. */
  String federated(String domain) {
    return federated.getOrDefault(domain, "");
  }

  /** Whether it is the same, key and authorities included. */
  boolean sameAs(@Nullable Svid other) {
    return other != null
        && chain.equals(other.chain)
        && key.equals(other.key)
        && bundle.equals(other.bundle)
        && federated.equals(other.federated);
  }

  @Override
  public String toString() {
    return id + ", valid until " + expiry;
  }
}
