package io.fairlead.interop.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.grpc.Metadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An account with its key, the place that gives tokens for it, and the authorizer that knows them:
 * all that the cases of credentials take from a cloud. Tokens are signed and checked for real.
 */
final class Tokens implements AutoCloseable {
  private static final String ACCOUNT = "depot@fairlead.example";
  private static final String SCOPE = "https://fairlead.example/auth/depot";
  private static final String BEARER = "Bearer ";
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Pattern ASSERTION = Pattern.compile("(?:^|&)assertion=([^&]*)");
  private static final Pattern EXPIRY = Pattern.compile("\"exp\"\\s*:\\s*(\\d+)");

  private final KeyPair key;
  private final HttpServer giver;
  private final Path keyFile;
  private final Map<String, Caller> given = new ConcurrentHashMap<>();

  private Tokens() throws IOException, GeneralSecurityException {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
    keys.initialize(2048);
    key = keys.generateKeyPair();
    giver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    giver.createContext("/token", this::answer);
    keyFile = Files.createTempFile("fairlead-account", ".json");
    Files.writeString(keyFile, account());
    giver.start();
  }

  static Tokens open() {
    try {
      return new Tokens();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("Cannot give tokens", e);
    }
  }

  /** As Google's cloud writes it for a service account. */
  private String account() {
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(key.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    return """
    {"type": "service_account", "project_id": "fairlead", "client_id": "1", "client_email": "%s",
     "private_key_id": "1", "private_key": "%s", "token_uri": "http://127.0.0.1:%d/token"}
    """
        .formatted(ACCOUNT, pem.replace("\n", "\\n"), giver.getAddress().getPort());
  }

  /** For programs that sign, and ask for tokens, themselves. */
  List<String> keyArguments() {
    return List.of("--service_account_key_file=" + keyFile, "--oauth_scope=" + SCOPE);
  }

  /** For programs on a library that only carries tokens. */
  List<String> tokenArguments() {
    return List.of(
        "--oauth_token=" + give(),
        "--oauth_scope=" + SCOPE,
        "--default_service_account=" + ACCOUNT);
  }

  /** Knows tokens that were given here, and those that the account signed itself. */
  Authorizer authorizer() {
    return Authorizer.byScopes(
        request -> {
          String value = request.headers().get(AUTHORIZATION);
          if (value == null || !value.startsWith(BEARER)) {
            return null;
          }
          String token = value.substring(BEARER.length());
          Caller known = given.get(token);
          return known != null ? known : selfSigned(token);
        });
  }

  private @Nullable Caller selfSigned(String token) {
    String claims = claims(token);
    return claims != null && says(claims, "aud", "https://" + Certificates.HOST)
        ? new Caller(ACCOUNT, Set.of())
        : null;
  }

  private String give() {
    String token = UUID.randomUUID().toString();
    given.put(token, new Caller(ACCOUNT, Set.of(SCOPE)));
    return token;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String form = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    Matcher assertion = ASSERTION.matcher(form);
    String claims = assertion.find() ? claims(URLDecoder.decode(assertion.group(1), UTF_8)) : null;
    boolean good = claims != null && says(claims, "scope", SCOPE);
    String body =
        good
            ? "{\"access_token\": \"%s\", \"token_type\": \"Bearer\", \"expires_in\": 3600}"
                .formatted(give())
            : "{\"error\": \"invalid_grant\", \"error_description\": \"%s\"}".formatted(claims);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(good ? 200 : 400, body.length());
    exchange.getResponseBody().write(body.getBytes(UTF_8));
    exchange.close();
  }

  /** What a signed token says; null if the account did not sign it, or it has expired. */
  private @Nullable String claims(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return null;
    }
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initVerify(key.getPublic());
      signature.update((parts[0] + "." + parts[1]).getBytes(US_ASCII));
      if (!signature.verify(Base64.getUrlDecoder().decode(parts[2]))) {
        return null;
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // Not a signature at all.
      return null;
    }
    String claims = new String(Base64.getUrlDecoder().decode(parts[1]), UTF_8);
    Matcher expiry = EXPIRY.matcher(claims);
    boolean lives =
        expiry.find()
            && Instant.ofEpochSecond(Long.parseLong(expiry.group(1))).isAfter(Instant.now());
    return lives && says(claims, "iss", ACCOUNT) ? claims : null;
  }

  /** Whether a claim begins so. */
  private static boolean says(String claims, String name, String value) {
    return Pattern.compile("\"" + name + "\"\\s*:\\s*\"" + Pattern.quote(value))
        .matcher(claims)
        .find();
  }

  @Override
  public void close() {
    giver.stop(0);
    try {
      Files.delete(keyFile);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + keyFile, e);
    }
  }
}
