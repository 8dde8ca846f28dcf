package io.fairlead.samples.aiplatform.story;

import io.fairlead.management.ManagementServer;
import io.fairlead.samples.aiplatform.common.LinkSecurity;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/** Stands in for the authorization server of a company: it signs tokens and publishes its key. */
final class Tokens implements AutoCloseable {
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private final KeyPair keys;
  private final ManagementServer server;

  private Tokens(KeyPair keys, ManagementServer server) {
    this.keys = keys;
    this.server = server;
  }

  /**
   * @param certificates for links with TLS
   */
  static Tokens start(Optional<LinkCertificates> certificates) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2_048);
    KeyPair keys = generator.generateKeyPair();
    RSAPublicKey key = (RSAPublicKey) keys.getPublic();
    String published =
        "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"1\",\"n\":\""
            + number(key.getModulus())
            + "\",\"e\":\""
            + number(key.getPublicExponent())
            + "\"}]}";
    ManagementServer.Builder builder =
        ManagementServer.builder()
            .port(0)
            .handler("/jwks", exchange -> exchange.respond(200, "application/json", published));
    // Keys are public, so whoever reads them needs no certificate.
    certificates.map(each -> LinkSecurity.edge(each.server("issuer"))).ifPresent(builder::tls);
    return new Tokens(keys, builder.start());
  }

  URI keys() {
    return server.uri("/jwks");
  }

  String issuer() {
    return server.uri("/").toString();
  }

  /** Returns a token; one with a negative life has expired. */
  String token(String scope, Duration life) throws GeneralSecurityException {
    Instant now = Instant.now();
    String claims =
        "{\"iss\":\"%s\",\"aud\":\"vision\",\"sub\":\"story\",\"scope\":\"%s\",\"iat\":%d,\"exp\":%d}"
            .formatted(
                issuer(),
                scope,
                now.plus(life).minusSeconds(3_600).getEpochSecond(),
                now.plus(life).getEpochSecond());
    String signed = text("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"1\"}") + "." + text(claims);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + BASE64.encodeToString(signature.sign());
  }

  private static String text(String json) {
    return BASE64.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Big-endian, without the byte that only carries a sign. */
  private static String number(BigInteger value) {
    byte[] bytes = value.toByteArray();
    int from = bytes.length > 1 && bytes[0] == 0 ? 1 : 0;
    return BASE64.encodeToString(java.util.Arrays.copyOfRange(bytes, from, bytes.length));
  }

  @Override
  public void close() {
    server.close();
  }
}
