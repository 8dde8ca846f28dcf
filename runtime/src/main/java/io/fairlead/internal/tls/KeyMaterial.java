package io.fairlead.internal.tls;

import io.fairlead.internal.Durations;
import io.fairlead.internal.Plural;
import io.fairlead.security.PeerIdentity;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A certificate chain with its key, which were checked to fit. Immutable.
 *
 * @param chain the own certificate first
 * @param algorithm of the key, as handshakes call it
 */
record KeyMaterial(List<X509Certificate> chain, PrivateKey key, String algorithm) {
  private static final Duration LONGEST_NOTICE = Duration.ofDays(14);

  /**
   * Checks files, and returns what they hold.
   *
   * @param now the time at which the own certificate must be valid
   */
  static KeyMaterial of(PemFile chainFile, PemFile keyFile, Instant now) {
    List<X509Certificate> chain = chainFile.certificates();
    X509Certificate own = chain.get(0);
    // The own one alone: of the others, clients choose those that lead to an authority of theirs.
    Instant from = own.getNotBefore().toInstant();
    Instant until = own.getNotAfter().toInstant();
    if (now.isAfter(until) || now.isBefore(from)) {
      throw new UnusableTlsFilesException(
          "the certificate in "
              + chainFile.file()
              + " is valid from "
              + from
              + " to "
              + until
              + ", and now it is "
              + now
              + "; every client would refuse it. Give tls(...) a certificate that is valid",
          null);
    }
    String algorithm = own.getPublicKey().getAlgorithm();
    try {
      PrivateKey key =
          KeyFactory.getInstance(algorithm)
              .generatePrivate(new PKCS8EncodedKeySpec(keyFile.privateKey()));
      if (belongTogether(key, own)) {
        return new KeyMaterial(chain, key, algorithm);
      }
      throw otherKey(chainFile, keyFile, null);
    } catch (InvalidKeySpecException e) {
      throw otherKey(chainFile, keyFile, e);
    } catch (GeneralSecurityException e) {
      throw new UnusableTlsFilesException(
          "the TLS files "
              + chainFile.file()
              + " and "
              + keyFile.file()
              + " do not fit together: "
              + e.getMessage()
              + "; tls(...) takes a certificate chain and its PKCS#8 private key, in PEM",
          e);
    }
  }

  /** Signs with the key, and looks whether the certificate knows the signature. */
  private static boolean belongTogether(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case "EdDSA" -> "EdDSA";
          default -> "";
        };
    if (algorithm.isEmpty()) {
      return true; // left to the handshake
    }
    byte[] text = {1, 2, 3};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(text);
    return signature.verify(signed);
  }

  private static UnusableTlsFilesException otherKey(
      PemFile chain, PemFile key, @Nullable Exception cause) {
    return new UnusableTlsFilesException(
        "the key in "
            + key.file()
            + " does not belong to the certificate in "
            + chain.file()
            + "; every handshake would fail. Give tls(...) the key that the certificate was made"
            + " for",
        cause);
  }

  X509Certificate own() {
    return chain.get(0);
  }

  /** Returns until when the own certificate is valid. */
  Instant expiry() {
    return own().getNotAfter().toInstant();
  }

  /**
   * Returns how long before its expiry the certificate is reported: 14 days, less if it is
   * short-lived.
   */
  Duration notice() {
    Duration third =
        Duration.between(own().getNotBefore().toInstant(), own().getNotAfter().toInstant())
            .dividedBy(3);
    return third.compareTo(LONGEST_NOTICE) < 0 ? third : LONGEST_NOTICE;
  }

  /** Returns the certificate in words: its names and until when it is valid. */
  String describe(Instant now) {
    return describe(own(), now);
  }

  static String describe(X509Certificate own, Instant now) {
    Instant expiry = own.getNotAfter().toInstant();
    String subject = own.getSubjectX500Principal().getName();
    String name = PeerIdentity.of(own).toString();
    return "certificate "
        + (subject.isEmpty() ? name : subject)
        + (subject.isEmpty() || name.equals(subject) ? "" : " of " + name)
        + ", valid until "
        + expiry
        + " ("
        + left(Duration.between(now, expiry))
        + ")";
  }

  private static String left(Duration left) {
    if (left.isNegative()) {
      return "expired";
    }
    return left.toDays() > 0
        ? Plural.of(left.toDays(), "day") + " left"
        : Durations.rough(left.toNanos()) + " left";
  }
}
