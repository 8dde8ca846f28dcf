package io.fairlead.security.jwt;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A key of an issuer. It signs with the JDK alone, and any text at all, so that a test can write
 * tokens that no library would.
 */
record SigningKey(String id, KeyPair pair, boolean rsa) {
  static SigningKey rsa(String id) {
    return generate(id, "RSA", 2048);
  }

  static SigningKey smallRsa(String id) {
    return generate(id, "RSA", 1024);
  }

  static SigningKey ec(String id) {
    return generate(id, "EC", 256);
  }

  private static SigningKey generate(String id, String kind, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
      generator.initialize(bits);
      return new SigningKey(id, generator.generateKeyPair(), kind.equals("RSA"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  String algorithm() {
    return rsa ? "RS256" : "ES256";
  }

  /** The token with an ordinary header. */
  String token(String payload) {
    return token("{\"alg\":\"" + algorithm() + "\",\"kid\":\"" + id + "\"}", payload);
  }

  String token(String header, String payload) {
    String signed = encode(header) + "." + encode(payload);
    return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(sign(signed));
  }

  private byte[] sign(String text) {
    try {
      Signature signature =
          Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
      signature.initSign(pair.getPrivate());
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  JWK jwk() {
    return rsa
        ? new RSAKey.Builder((RSAPublicKey) pair.getPublic()).keyID(id).build()
        : new ECKey.Builder(Curve.P_256, (ECPublicKey) pair.getPublic()).keyID(id).build();
  }

  /** What the issuer publishes. */
  static String set(SigningKey... keys) {
    List<JWK> all = Arrays.stream(keys).map(SigningKey::jwk).toList();
    return new JWKSet(all).toString();
  }
}
