package io.fairlead.security.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A public key of an issuer, and which signatures it may check. Immutable. */
final class VerificationKey {
  private static final int MIN_RSA_BITS = 2048;

  private final @Nullable String id;
  private final @Nullable JWSAlgorithm only;
  private final String thumbprint;
  private final JWSVerifier verifier;

  private VerificationKey(JWK key, JWSVerifier verifier) throws JOSEException {
    this.id = key.getKeyID();
    this.only =
        key.getAlgorithm() == null ? null : JWSAlgorithm.parse(key.getAlgorithm().getName());
    this.thumbprint = key.computeThumbprint().toString();
    this.verifier = verifier;
  }

  /** Returns the key; null if it is not one that checks signatures of tokens. */
  static @Nullable VerificationKey of(JWK key) throws JOSEException {
    Set<KeyOperation> operations = key.getKeyOperations();
    boolean forSignatures =
        (key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
            && (operations == null || operations.contains(KeyOperation.VERIFY));
    if (!forSignatures) {
      return null;
    }
    if (key instanceof RSAKey rsa && rsa.size() >= MIN_RSA_BITS) {
      return new VerificationKey(key, new RSASSAVerifier(rsa.toRSAPublicKey()));
    }
    if (key instanceof ECKey ec) {
      return new VerificationKey(key, new ECDSAVerifier(ec.toECPublicKey()));
    }
    return null;
  }

  @Nullable String id() {
    return id;
  }

  /** Whether its kind, its curve and its own statement allow this algorithm. */
  boolean fits(JWSAlgorithm algorithm) {
    return (only == null || only.equals(algorithm))
        && verifier.supportedJWSAlgorithms().contains(algorithm);
  }

  boolean verifies(JWSHeader header, byte[] signed, Base64URL signature) throws JOSEException {
    return verifier.verify(header, signed, signature);
  }

  /** Tells keys apart: two that are equal check the same signatures. */
  String fingerprint() {
    return id + " " + only + " " + thumbprint;
  }
}
