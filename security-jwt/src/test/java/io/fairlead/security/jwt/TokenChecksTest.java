package io.fairlead.security.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.security.Authorizer;
import io.fairlead.security.Authorizer.Verdict;
import io.fairlead.security.Caller;
import io.fairlead.testkit.Certificates;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which tokens let a call in, and which do not. */
class TokenChecksTest {
  private static final SigningKey RSA = SigningKey.rsa("r1");
  private static final SigningKey EC = SigningKey.ec("e1");
  private static final SigningKey SMALL = SigningKey.smallRsa("s1");
  private static final SigningKey OTHER = SigningKey.rsa("r1");

  /** In every hostile token; no refusal may have it. */
  private static final String MARK = "hostile-mark";

  private final FakeIssuer issuer = new FakeIssuer();

  @BeforeEach
  void publish() {
    issuer.publish(RSA, EC, SMALL);
  }

  private Verdict verdict(String token, String... scopes) {
    try (JwtAuthorizer authorizer = issuer.start()) {
      return FakeIssuer.now(authorizer, token, scopes);
    }
  }

  private Caller caller(String token, String... scopes) {
    Verdict verdict = verdict(token, scopes);
    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    return ((Verdict.Allowed) verdict).caller();
  }

  @Test
  void aGoodTokenNamesItsCallerAndWhatItMayDo() {
    Caller caller =
        caller(
            RSA.token(issuer.claims("\"scope\":\"inventory.read inventory.write\"", "\"n\":7")),
            "inventory.write");
    assertThat(caller.name()).isEqualTo("ann");
    assertThat(caller.scopes()).containsExactlyInAnyOrder("inventory.read", "inventory.write");
    assertThat(caller.claims()).containsEntry("n", 7L).containsEntry("iss", FakeIssuer.NAME);
    assertThat(caller.toString()).doesNotContain(FakeIssuer.NAME);
  }

  @Test
  void signaturesOfBothKindsOfKeyAreChecked() {
    assertThat(caller(EC.token(issuer.claims())).name()).isEqualTo("ann");
  }

  @Test
  void scopesMayBeAListOrBeCalledScp() {
    assertThat(caller(RSA.token(issuer.claims("\"scope\":[\"a\",\"b\"]"))).scopes())
        .containsExactlyInAnyOrder("a", "b");
    assertThat(caller(RSA.token(issuer.claims("\"scp\":\"a b\""))).scopes())
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void aMissingScopeIsNamedAndSoIsWhoLacksIt() {
    String token = RSA.token(issuer.claims("\"scope\":\"inventory.read\""));
    assertThat(verdict(token, "inventory.read", "inventory.write"))
        .isEqualTo(new Verdict.Denied("scope inventory.write is missing", caller(token)));
  }

  @Test
  void oneOfSeveralAudiencesIsEnough() {
    String claims =
        issuer.claims().replace("\"aud\":\"inventory\"", "\"aud\":[\"x\",\"inventory\"]");
    assertThat(caller(RSA.token(claims)).name()).isEqualTo("ann");
  }

  @Test
  void clocksMayBeApartByTheSkew() {
    try (JwtAuthorizer authorizer =
        issuer.start(
            FakeIssuer.described().build(), builder -> builder.clockSkew(Duration.ofSeconds(30)))) {
      assertThat(FakeIssuer.now(authorizer, RSA.token(issuer.claims(Duration.ofSeconds(-29)))))
          .isInstanceOf(Verdict.Allowed.class);
      assertThat(FakeIssuer.now(authorizer, RSA.token(issuer.claims(Duration.ofSeconds(-30)))))
          .isEqualTo(new Verdict.Unauthenticated("the token has expired"));
      long now = issuer.clock.instant().getEpochSecond();
      assertThat(FakeIssuer.now(authorizer, RSA.token(issuer.claims("\"nbf\":" + (now + 30)))))
          .isInstanceOf(Verdict.Allowed.class);
      assertThat(FakeIssuer.now(authorizer, RSA.token(issuer.claims("\"nbf\":" + (now + 31)))))
          .isEqualTo(new Verdict.Unauthenticated("the token is not valid yet (nbf)"));
    }
  }

  @Test
  void aCallWithoutATokenIsToldWhatToSend() {
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThat(authorizer.authorize(FakeIssuer.request(null)).toCompletableFuture().join())
          .isEqualTo(
              new Verdict.Unauthenticated(
                  "the call has no token; send the header authorization: Bearer <token>"));
      assertThat(
              authorizer.authorize(FakeIssuer.request("Basic YTpi")).toCompletableFuture().join())
          .isEqualTo(
              new Verdict.Unauthenticated(
                  "the header authorization is not of the form Bearer <token>"));
    }
  }

  @Test
  void anAccessTokenIsAskedForByItsType() {
    TokenIssuer strict = FakeIssuer.described().accessTokensOnly().build();
    try (JwtAuthorizer authorizer = issuer.start(strict, builder -> builder)) {
      String access = "{\"alg\":\"RS256\",\"kid\":\"r1\",\"typ\":\"at+JWT\"}";
      assertThat(FakeIssuer.now(authorizer, RSA.token(access, issuer.claims())))
          .isInstanceOf(Verdict.Allowed.class);
      assertThat(FakeIssuer.now(authorizer, RSA.token(issuer.claims())))
          .isEqualTo(new Verdict.Unauthenticated("the type of the token is not at+jwt"));
    }
  }

  @Test
  void aTokenWithoutKeyIdIsCheckedOnlyIfOneKeyFits() {
    String header = "{\"alg\":\"RS256\"}";
    assertThat(caller(RSA.token(header, issuer.claims())).name()).isEqualTo("ann");
    issuer.publish(RSA, SigningKey.rsa("r2"));
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThat(FakeIssuer.now(authorizer, RSA.token(header, issuer.claims())))
          .isEqualTo(
              new Verdict.Unauthenticated(
                  "the token names no key (kid), and not exactly one key of its issuer fits"));
    }
  }

  @Test
  void aTokenThatIsBoundToACertificateNeedsIt() {
    assertThat(verdict(RSA.token(issuer.claims("\"cnf\":{\"x5t#S256\":\"abc\"}"))))
        .isEqualTo(
            new Verdict.Unauthenticated(
                "the token is bound to a client certificate (cnf) that this connection does not"
                    + " have"));
  }

  @Test
  void aTokenThatIsBoundToACertificateIsGoodOverThatConnectionAlone(@TempDir Path directory)
      throws Exception {
    Certificate own = certificate(directory, "own");
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(own.getEncoded());
    String thumbprint = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    String token = RSA.token(issuer.claims("\"cnf\":{\"x5t#S256\":\"" + thumbprint + "\"}"));
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThat(authorizer.authorize(over(token, own)).toCompletableFuture().join())
          .isInstanceOf(Verdict.Allowed.class);
      // Also when the token is remembered.
      assertThat(
              authorizer
                  .authorize(over(token, certificate(directory, "thief")))
                  .toCompletableFuture()
                  .join())
          .isInstanceOf(Verdict.Unauthenticated.class);
    }
  }

  private static Certificate certificate(Path directory, String name) throws Exception {
    try (InputStream in =
        Files.newInputStream(Certificates.create(directory, name).certificate())) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /** A request over a connection whose client showed this certificate. */
  private static Authorizer.Request over(String token, Certificate shown) {
    SSLSession session =
        (SSLSession)
            Proxy.newProxyInstance(
                TokenChecksTest.class.getClassLoader(),
                new Class<?>[] {SSLSession.class},
                (proxy, method, arguments) ->
                    method.getName().equals("getPeerCertificates")
                        ? new Certificate[] {shown}
                        : method.getName());
    Authorizer.Request plain = FakeIssuer.request("Bearer " + token);
    return new Authorizer.Request(
        plain.method(),
        plain.scopes(),
        plain.headers(),
        Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session).build());
  }

  static List<Hostile> hostileTokens() {
    FakeIssuer at = new FakeIssuer();
    String good = at.claims("\"mark\":\"" + MARK + "\"");
    String head = "{\"alg\":\"RS256\",\"kid\":\"r1\"";
    List<Hostile> all = new ArrayList<>();
    all.add(new Hostile("empty", ""));
    all.add(new Hostile("no token at all", MARK));
    all.add(new Hostile("two parts", "e30." + SigningKey.encode(good)));
    all.add(new Hostile("five parts, as if encrypted", "e30.a.b.c." + MARK));
    all.add(new Hostile("characters that are not base64url", RSA.token(good) + "+/"));
    all.add(new Hostile("a padded signature", RSA.token(good) + "=="));
    all.add(new Hostile("no signature", unsigned(head + "}", good)));
    all.add(new Hostile("alg none", unsigned("{\"alg\":\"none\",\"kid\":\"r1\"}", good) + "AAAA"));
    all.add(new Hostile("alg None", unsigned("{\"alg\":\"None\"}", good) + "AAAA"));
    all.add(new Hostile("HS256 with the public key", hmacWithPublicKey(good)));
    all.add(
        new Hostile(
            "ES256 said, RS256 signed", RSA.token("{\"alg\":\"ES256\",\"kid\":\"r1\"}", good)));
    all.add(
        new Hostile(
            "RS512, which is not allowed", RSA.token("{\"alg\":\"RS512\",\"kid\":\"r1\"}", good)));
    all.add(new Hostile("no alg", RSA.token("{\"kid\":\"r1\"}", good)));
    all.add(
        new Hostile(
            "alg twice", RSA.token("{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r1\"}", good)));
    all.add(new Hostile("alg is a number", RSA.token("{\"alg\":1,\"kid\":\"r1\"}", good)));
    all.add(new Hostile("kid is an object", RSA.token("{\"alg\":\"RS256\",\"kid\":{}}", good)));
    all.add(new Hostile("another key under a known id", OTHER.token(good)));
    all.add(new Hostile("an EC signature of zeros", zeros(good)));
    all.add(
        new Hostile(
            "a signature of another token",
            RSA.token(head + "}", good)
                .replace(SigningKey.encode(good), SigningKey.encode(good.replace("ann", "root")))));
    for (String own : List.of("jwk", "jku", "x5c", "x5u")) {
      String value =
          switch (own) {
            case "jwk" -> OTHER.jwk().toJSONString();
            case "x5c" -> "[\"" + MARK + "\"]";
            default -> "\"https://attacker.example/" + MARK + "\"";
          };
      all.add(
          new Hostile(
              "its own key in " + own,
              OTHER.token(head + ",\"" + own + "\":" + value + "}", good)));
    }
    all.add(new Hostile("crit", RSA.token(head + ",\"crit\":[\"" + MARK + "\"]}", good)));
    all.add(
        new Hostile("crit with b64", RSA.token(head + ",\"b64\":false,\"crit\":[\"b64\"]}", good)));
    all.add(new Hostile("zip", RSA.token(head + ",\"zip\":\"DEF\"}", good)));
    all.add(new Hostile("another type", RSA.token(head + ",\"typ\":\"dpop+jwt\"}", good)));
    all.add(new Hostile("a header with a comment", RSA.token(head + "/*" + MARK + "*/}", good)));
    all.add(new Hostile("text behind the payload", RSA.token(good + "{}")));
    all.add(new Hostile("a payload that is a list", RSA.token("[" + good + "]")));
    all.add(
        new Hostile(
            "deep JSON", RSA.token(at.claims("\"d\":" + "[".repeat(500) + "1" + "]".repeat(500)))));
    all.add(
        new Hostile(
            "deep objects",
            RSA.token(at.claims("\"d\":" + "{\"a\":".repeat(300) + "1" + "}".repeat(300)))));
    all.add(new Hostile("iss twice", RSA.token(at.claims("\"iss\":\"https://" + MARK + "\""))));
    all.add(new Hostile("sub twice, deeper too", RSA.token(at.claims("\"sub\":\"root\""))));
    all.add(
        new Hostile(
            "a name twice in a nested object", RSA.token(at.claims("\"x\":{\"a\":1,\"a\":2}"))));
    all.add(new Hostile("a huge exponent", RSA.token(at.claims("\"x\":1e999999999999"))));
    all.add(new Hostile("a long number", RSA.token(at.claims("\"x\":" + "9".repeat(400)))));
    all.add(new Hostile("huge", RSA.token(at.claims("\"x\":\"" + "y".repeat(9_000) + "\""))));
    all.add(new Hostile("no exp", RSA.token(good.replaceFirst("\"exp\":\\d+,", ""))));
    all.add(
        new Hostile(
            "exp is a text", RSA.token(good.replaceFirst("\"exp\":(\\d+)", "\"exp\":\"$1\""))));
    all.add(new Hostile("exp is negative", RSA.token(good.replaceFirst("\"exp\":", "\"exp\":-"))));
    all.add(
        new Hostile(
            "exp is beyond time", RSA.token(good.replaceFirst("\"exp\":\\d+", "\"exp\":1e30"))));
    all.add(
        new Hostile("exp is null", RSA.token(good.replaceFirst("\"exp\":\\d+", "\"exp\":null"))));
    all.add(
        new Hostile(
            "issued in the future",
            RSA.token(
                at.claims("\"iat\":" + at.clock.instant().plusSeconds(60).getEpochSecond()))));
    all.add(
        new Hostile(
            "another issuer", RSA.token(good.replace(FakeIssuer.NAME, FakeIssuer.NAME + "/"))));
    all.add(
        new Hostile(
            "iss is a list",
            RSA.token(
                good.replace("\"" + FakeIssuer.NAME + "\"", "[\"" + FakeIssuer.NAME + "\"]"))));
    all.add(
        new Hostile(
            "another audience",
            RSA.token(good.replace("\"aud\":\"inventory\"", "\"aud\":\"" + MARK + "\""))));
    all.add(
        new Hostile(
            "aud is a map",
            RSA.token(good.replace("\"aud\":\"inventory\"", "\"aud\":{\"inventory\":1}"))));
    all.add(new Hostile("no audience", RSA.token(good.replace("\"aud\":\"inventory\",", ""))));
    all.add(new Hostile("no subject", RSA.token(good.replace("\"sub\":\"ann\",", ""))));
    all.add(new Hostile("a blank subject", RSA.token(good.replace("\"ann\"", "\" \""))));
    all.add(new Hostile("scope is a number", RSA.token(at.claims("\"scope\":7"))));
    all.add(new Hostile("scope holds a number", RSA.token(at.claims("\"scope\":[\"a\",7]"))));
    all.add(
        new Hostile("bound to a key", RSA.token(at.claims("\"cnf\":{\"jkt\":\"" + MARK + "\"}"))));
    return all;
  }

  @ParameterizedTest
  @MethodSource("hostileTokens")
  void aHostileTokenIsRefusedAndNothingOfItIsRepeated(Hostile hostile) {
    try (JwtAuthorizer authorizer = issuer.start()) {
      Verdict verdict = FakeIssuer.now(authorizer, hostile.token());
      assertThat(verdict).isInstanceOf(Verdict.Unauthenticated.class);
      String reason = ((Verdict.Unauthenticated) verdict).reason();
      assertThat(reason).doesNotContain(MARK, "attacker.example", "dpop");
      Stream.of(hostile.token().split("[. ]"))
          .filter(part -> part.length() > 8)
          .forEach(part -> assertThat(reason).doesNotContain(part));
      // None of them is a reason to ask the issuer.
      issuer.clock.advance(Duration.ofSeconds(30));
      assertThat(issuer.readings()).isEqualTo(1);
    }
  }

  @Test
  void aKeyThatIsTooShortIsNotUsed() {
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThat(authorizer.keys().get(0).keys()).isEqualTo(2);
      assertThat(FakeIssuer.ask(authorizer, SMALL.token(issuer.claims()))).isNotDone();
    }
  }

  @ParameterizedTest
  @CsvSource({"'', ''", "'', partner:", "partner:, ''", "a, ab", "ab, a", "a:, a:"})
  void aCallerOfOneIssuerCannotHaveTheNameOfAnothers(String own, String partners) {
    assertThatThrownBy(() -> twoIssuers(own, partners))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("so a caller of the one could have the name of the other's")
        .hasMessageContaining("give each issuer a prefix that no other begins with");
  }

  @Test
  void issuersWithPrefixesOfTheirOwnAreAccepted() {
    twoIssuers("own:", "partner:").close();
  }

  private JwtAuthorizer twoIssuers(String own, String partners) {
    return issuer.start(
        FakeIssuer.described().callerPrefix(own).build(),
        builder ->
            builder.issuer(
                TokenIssuer.builder("https://partner.example")
                    .keys(URI.create("https://partner.example/jwks"))
                    .audiences("inventory")
                    .callerPrefix(partners)
                    .build()));
  }

  @Test
  void settingsThatWouldAcceptTooMuchAreRefusedWithTheWayOut() {
    assertThatThrownBy(() -> FakeIssuer.described().algorithms("RS256", "HS256", "none"))
        .hasMessageContaining("was given [HS256, none]; it takes those that are checked with a")
        .hasMessageContaining("ES256");
    assertThatThrownBy(
            () -> TokenIssuer.builder("x").keys(URI.create("https://login.example/jwks")).build())
        .hasMessageContaining("has no audience");
    assertThatThrownBy(
            () ->
                TokenIssuer.builder("x")
                    .keys(URI.create("http://login.example/jwks"))
                    .audiences("a")
                    .build())
        .hasMessageContaining("http://login.example/jwks without protection; use https");
    assertThat(FakeIssuer.described().keys(URI.create("http://127.0.0.1:9000/jwks")).build().keys())
        .hasPort(9000);
    assertThatThrownBy(() -> JwtAuthorizer.builder().start())
        .hasMessageContaining("no issuer(...) is given");
    assertThat(FakeIssuer.described().build().algorithms()).isEqualTo(Set.of("RS256", "ES256"));
  }

  private static String unsigned(String header, String payload) {
    return SigningKey.encode(header) + "." + SigningKey.encode(payload) + ".";
  }

  private static String zeros(String payload) {
    return unsigned("{\"alg\":\"ES256\",\"kid\":\"e1\"}", payload)
        + Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64]);
  }

  /** The old mistake: the public key, which everyone knows, taken for a shared secret. */
  private static String hmacWithPublicKey(String payload) {
    try {
      String signed = unsigned("{\"alg\":\"HS256\",\"kid\":\"r1\"}", payload);
      signed = signed.substring(0, signed.length() - 1);
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(RSA.pair().getPublic().getEncoded(), "HmacSHA256"));
      byte[] hash = mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  record Hostile(String name, String token) {
    @Override
    public String toString() {
      return name;
    }
  }
}
