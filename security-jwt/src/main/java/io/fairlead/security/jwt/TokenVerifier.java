package io.fairlead.security.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.util.Base64URL;
import io.fairlead.security.Caller;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a token is right, from the keys that are known now. Pure but for the cache of the
 * keys, where it puts what was right.
 *
 * <p>What costs little comes first: a token that is expired, or for someone else, costs no
 * signature and no request for keys. The texts of refusals are constants, or name what this server
 * expects; nothing of the token is in them.
 */
final class TokenVerifier {
  static final int MAX_TOKEN_LENGTH = 8 << 10;

  private static final Set<String> KEY_HEADERS = Set.of("jwk", "jku", "x5c", "x5u");
  private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");
  private static final int MAX_TIME_SECONDS_DIGITS = 12;
  private static final Base64.Decoder BASE64 = Base64.getUrlDecoder();

  private final Map<String, KeySource> sources;
  private final long skewMillis;

  TokenVerifier(Map<String, KeySource> sources, Duration skew) {
    this.sources = Map.copyOf(sources);
    this.skewMillis = skew.toMillis();
  }

  /** What was found out. */
  sealed interface Result {
    record Accepted(VerifiedToken token) implements Result {}

    record Refused(String reason) implements Result {}

    /** No key that is known now signed it, or no key is known. */
    record KeyUnknown(KeySource source) implements Result {}
  }

  Result verify(String token, TokenCache.Key cacheKey, long nowMillis) {
    try {
      return new Result.Accepted(checked(token, cacheKey, nowMillis));
    } catch (RefusedException e) {
      return new Result.Refused(e.reason);
    } catch (UnknownKeyException e) {
      return new Result.KeyUnknown(e.source);
    }
  }

  private VerifiedToken checked(String token, TokenCache.Key cacheKey, long nowMillis)
      throws RefusedException, UnknownKeyException {
    int firstDot = token.indexOf('.');
    int secondDot = token.indexOf('.', firstDot + 1);
    if (firstDot <= 0 || secondDot < 0 || token.indexOf('.', secondDot + 1) >= 0) {
      throw new RefusedException("the token is not a signed JWT of three parts");
    }
    String encodedHeader = token.substring(0, firstDot);
    Map<String, Object> header = object(encodedHeader, "header");
    Map<String, Object> claims = object(token.substring(firstDot + 1, secondDot), "payload");
    byte[] signature = decode(token.substring(secondDot + 1), "signature");

    KeySource source = issuer(claims);
    TokenIssuer issuer = source.issuer();
    JWSAlgorithm algorithm = algorithm(header, issuer);
    checkHeader(header, issuer);
    long expiresMillis = checkTimes(claims, nowMillis);
    checkAudience(claims, issuer);
    Caller caller = caller(claims, issuer);
    String certificate = boundCertificate(claims);

    KeySet keys = source.current();
    String keyId = text(header, "kid", "header");
    if (keys == null || (keyId != null && !keys.byId().containsKey(keyId))) {
      throw new UnknownKeyException(source);
    }
    List<VerificationKey> candidates = keys.candidates(keyId, algorithm);
    JWSHeader parsed = parse(header, encodedHeader);
    byte[] signed = token.substring(0, secondDot).getBytes(StandardCharsets.US_ASCII);
    boolean right = anyVerifies(candidates, parsed, signed, Base64URL.encode(signature));
    // The token may name no key, or its issuer may have put a new key under an old id. Only if that
    // costs no wait: otherwise whoever forges signatures would fill the queue.
    if (!right && source.readsNow()) {
      throw new UnknownKeyException(source);
    }
    if (candidates.isEmpty()) {
      throw new RefusedException(
          keyId == null
              ? "the token names no key (kid), and not exactly one key of its issuer fits"
              : "the key of the token does not fit its algorithm");
    }
    if (!right) {
      throw new RefusedException("the signature of the token is wrong");
    }
    VerifiedToken verified = VerifiedToken.of(caller, expiresMillis, certificate);
    keys.tokens().put(cacheKey, verified);
    return verified;
  }

  private static boolean anyVerifies(
      List<VerificationKey> candidates, JWSHeader header, byte[] signed, Base64URL signature) {
    for (VerificationKey key : candidates) {
      try {
        if (key.verifies(header, signed, signature)) {
          return true;
        }
      } catch (JOSEException | RuntimeException e) {
        // A signature of the wrong length or form is as wrong as any other.
      }
    }
    return false;
  }

  private static Map<String, Object> object(String part, String name) throws RefusedException {
    try {
      return StrictJson.object(new String(decode(part, name), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new RefusedException("the " + name + " of the token is not a valid JSON object");
    }
  }

  private static byte[] decode(String part, String name) throws RefusedException {
    // The decoder would accept padding and, within the last character, bits that mean nothing.
    try {
      byte[] bytes = BASE64.decode(part);
      if (bytes.length > 0
          && Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Its text quotes the character.
    }
    throw new RefusedException("the " + name + " of the token is not base64url");
  }

  private KeySource issuer(Map<String, Object> claims) throws RefusedException {
    String name = text(claims, "iss", "payload");
    KeySource source = name == null ? null : sources.get(name);
    if (source == null) {
      throw new RefusedException("the token is not from an issuer that this server trusts");
    }
    return source;
  }

  private static JWSAlgorithm algorithm(Map<String, Object> header, TokenIssuer issuer)
      throws RefusedException {
    String name = text(header, "alg", "header");
    if (name == null || !issuer.algorithms().contains(name)) {
      throw new RefusedException(
          "the algorithm of the token is not one of " + String.join(", ", issuer.algorithms()));
    }
    return JWSAlgorithm.parse(name);
  }

  private static void checkHeader(Map<String, Object> header, TokenIssuer issuer)
      throws RefusedException {
    for (String name : KEY_HEADERS) {
      if (header.containsKey(name)) {
        throw new RefusedException(
            "the token names its own key (" + name + "), which is never used");
      }
    }
    if (header.containsKey("crit") || header.containsKey("b64") || header.containsKey("zip")) {
      throw new RefusedException(
          "the header of the token asks for an extension that is not known (crit, b64 or zip)");
    }
    text(header, "kid", "header");
    String type = text(header, "typ", "header");
    String lower = type == null ? "" : type.toLowerCase(Locale.ROOT);
    boolean access = lower.endsWith("at+jwt") && TYPES.contains(lower);
    if (issuer.accessTokensOnly() ? !access : !lower.isEmpty() && !TYPES.contains(lower)) {
      throw new RefusedException(
          "the type of the token is not "
              + (issuer.accessTokensOnly() ? "at+jwt" : "JWT or at+jwt"));
    }
  }

  /** Returns until when the token is good, with the skew. */
  private long checkTimes(Map<String, Object> claims, long nowMillis) throws RefusedException {
    Long expires = millis(claims, "exp");
    if (expires == null) {
      throw new RefusedException("the token has no exp: it would never expire");
    }
    if (nowMillis - skewMillis >= expires) {
      throw new RefusedException("the token has expired");
    }
    Long notBefore = millis(claims, "nbf");
    if (notBefore != null && nowMillis + skewMillis < notBefore) {
      throw new RefusedException("the token is not valid yet (nbf)");
    }
    Long issued = millis(claims, "iat");
    if (issued != null && nowMillis + skewMillis < issued) {
      throw new RefusedException("the token was issued in the future (iat)");
    }
    return expires + skewMillis;
  }

  private static @Nullable Long millis(Map<String, Object> claims, String name)
      throws RefusedException {
    Object value = claims.get(name);
    if (value == null) {
      return null;
    }
    if (value instanceof Number number) {
      double seconds = number.doubleValue();
      if (seconds >= 0 && seconds < Math.pow(10, MAX_TIME_SECONDS_DIGITS)) {
        return (long) (seconds * 1_000);
      }
    }
    throw wrongType(name, "payload");
  }

  private static void checkAudience(Map<String, Object> claims, TokenIssuer issuer)
      throws RefusedException {
    for (String audience : texts(claims, "aud")) {
      if (issuer.audiences().contains(audience)) {
        return;
      }
    }
    throw new RefusedException(
        "the token is not for this service; its aud must have "
            + String.join(" or ", issuer.audiences()));
  }

  private static Caller caller(Map<String, Object> claims, TokenIssuer issuer)
      throws RefusedException {
    String name = text(claims, issuer.callerClaim(), "payload");
    if (name == null || name.isBlank()) {
      throw new RefusedException("the token has no " + issuer.callerClaim());
    }
    Set<String> scopes = new HashSet<>();
    for (String claim : List.of("scope", "scp")) {
      for (String value : texts(claims, claim)) {
        Arrays.stream(value.split(" ")).filter(each -> !each.isEmpty()).forEach(scopes::add);
      }
    }
    return new Caller(issuer.callerPrefix() + name, scopes, claims);
  }

  /** RFC 8705; a binding that cannot be checked here is not passed over. */
  private static @Nullable String boundCertificate(Map<String, Object> claims)
      throws RefusedException {
    Object confirmation = claims.get("cnf");
    if (confirmation == null) {
      return null;
    }
    if (confirmation instanceof Map<?, ?> map
        && map.size() == 1
        && map.get("x5t#S256") instanceof String thumbprint) {
      return thumbprint;
    }
    throw new RefusedException(
        "the token is bound to a key (cnf) in a way that this server cannot check");
  }

  private static @Nullable String text(Map<String, Object> from, String name, String part)
      throws RefusedException {
    Object value = from.get(name);
    if (value == null || value instanceof String) {
      return (String) value;
    }
    throw wrongType(name, part);
  }

  /** One text, or a list of texts. */
  private static List<String> texts(Map<String, Object> from, String name) throws RefusedException {
    Object value = from.get(name);
    if (value == null) {
      return List.of();
    }
    if (value instanceof String one) {
      return List.of(one);
    }
    if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
      return list.stream().map(String.class::cast).toList();
    }
    throw wrongType(name, "payload");
  }

  private static RefusedException wrongType(String name, String part) {
    return new RefusedException(name + " in the " + part + " of the token has the wrong type");
  }

  private static JWSHeader parse(Map<String, Object> header, String encoded)
      throws RefusedException {
    try {
      return JWSHeader.parse(header, new Base64URL(encoded));
    } catch (ParseException | RuntimeException e) {
      throw new RefusedException("the header of the token is not that of a signed JWT");
    }
  }

  /** Leaves the checks; caught in this class. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String reason;

    RefusedException(String reason) {
      super(reason, null, false, false);
      this.reason = Objects.requireNonNull(reason);
    }
  }

  /** Leaves the checks; caught in this class. */
  private static final class UnknownKeyException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient KeySource source;

    UnknownKeyException(KeySource source) {
      super("unknown key", null, false, false);
      this.source = source;
    }
  }
}
