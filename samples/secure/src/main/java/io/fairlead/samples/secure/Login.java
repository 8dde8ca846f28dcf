package io.fairlead.samples.secure;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.security.jwt.TokenIssuer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

/** Stands for an authorization server: it publishes a key, and signs tokens with it. */
final class Login implements AutoCloseable {
  private static final String NAME = "https://login.shop.example";

  private final KeyPair keys;
  private final HttpServer server;

  Login() throws IOException, GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    keys = generator.generateKeyPair();
    byte[] published = published((RSAPublicKey) keys.getPublic());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/jwks",
        exchange -> {
          exchange.sendResponseHeaders(200, published.length);
          exchange.getResponseBody().write(published);
          exchange.close();
        });
    server.start();
  }

  private static byte[] published(RSAPublicKey key) {
    return """
    {"keys":[{"kty":"RSA","kid":"1","n":"%s","e":"%s"}]}\
    """
        .formatted(encode(key.getModulus()), encode(key.getPublicExponent()))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Tells a server whose tokens to accept. Other addresses than loopback need https. */
  TokenIssuer issuer() {
    return TokenIssuer.builder(NAME)
        .keys(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/jwks"))
        .audiences("desk")
        .build();
  }

  /** Signs a token for a customer, valid for five minutes. */
  String token(String customer, String scopes) throws GeneralSecurityException {
    String signed =
        encode("{\"alg\":\"RS256\",\"kid\":\"1\"}")
            + "."
            + encode(
                """
                {"iss":"%s","aud":"desk","sub":"%s","scope":"%s","exp":%d}\
                """
                    .formatted(
                        NAME,
                        customer,
                        scopes,
                        Instant.now().plus(Duration.ofMinutes(5)).getEpochSecond()));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + encode(signature.sign());
  }

  private static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Without the byte for the sign. */
  private static String encode(BigInteger number) {
    byte[] bytes = number.toByteArray();
    int sign = bytes[0] == 0 ? 1 : 0;
    return encode(java.util.Arrays.copyOfRange(bytes, sign, bytes.length));
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
