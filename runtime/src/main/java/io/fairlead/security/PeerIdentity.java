package io.fairlead.security;

import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who the other side of a connection is, by the certificate that it has proved to own. The
 * handshake has verified the certificate; what its names may do is for an {@link Authorizer}.
 *
 * @param subject the distinguished name, such as {@code CN=pricing,O=Shop}
 * @param dnsNames the DNS names, in the order of the certificate
 * @param uris the URIs, in the order of the certificate
 * @param expiry until when the certificate is valid
 */
public record PeerIdentity(
    String subject, List<String> dnsNames, List<String> uris, Instant expiry) {
  private static final String SPIFFE = "spiffe://";
  private static final int DNS_NAME = 2;
  private static final int URI = 6;

  /** The key under which a session of TLS keeps it, as each call of a connection may ask. */
  private static final String IN_SESSION = "io.fairlead.peer";

  public PeerIdentity {
    Objects.requireNonNull(subject, "subject");
    dnsNames = List.copyOf(dnsNames);
    uris = List.copyOf(uris);
    Objects.requireNonNull(expiry, "expiry");
  }

  /** Returns what a certificate says. */
  public static PeerIdentity of(X509Certificate certificate) {
    List<String> dnsNames = new ArrayList<>();
    List<String> uris = new ArrayList<>();
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      for (List<?> each : names == null ? List.<List<?>>of() : names) {
        Object kind = each.get(0);
        if (kind.equals(DNS_NAME)) {
          dnsNames.add((String) each.get(1));
        } else if (kind.equals(URI)) {
          uris.add((String) each.get(1));
        }
      }
    } catch (CertificateParsingException e) {
      // Names that cannot be read name nobody.
      dnsNames.clear();
      uris.clear();
    }
    return new PeerIdentity(
        certificate.getSubjectX500Principal().getName(),
        dnsNames,
        uris,
        certificate.getNotAfter().toInstant());
  }

  /**
   * Returns who is at the other side of a connection; empty without TLS, and if it showed no
   * certificate.
   *
   * @param connection what the transport knows, such as {@link Authorizer.Request#connection()}
   */
  public static Optional<PeerIdentity> of(Attributes connection) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return Optional.empty();
    }
    if (session.getValue(IN_SESSION) instanceof PeerIdentity known) {
      return Optional.of(known);
    }
    try {
      Certificate own = session.getPeerCertificates()[0];
      if (own instanceof X509Certificate certificate) {
        PeerIdentity found = of(certificate);
        session.putValue(IN_SESSION, found);
        return Optional.of(found);
      }
    } catch (SSLPeerUnverifiedException e) {
      // It showed none; whether that is enough is the authorizer's decision.
      return Optional.empty();
    }
    return Optional.empty();
  }

  /**
   * Returns the SPIFFE id, such as {@code spiffe://shop.example/pricing}. A certificate with
   * several URIs has none: the specification of SPIFFE rejects it.
   */
  public Optional<String> spiffeId() {
    return uris.size() == 1 && uris.get(0).startsWith(SPIFFE)
        ? Optional.of(uris.get(0))
        : Optional.empty();
  }

  /** Returns the name that logs show: the SPIFFE id, else the first DNS name, else the subject. */
  @Override
  public String toString() {
    return spiffeId().orElseGet(() -> dnsNames.isEmpty() ? subject : dnsNames.get(0));
  }
}
