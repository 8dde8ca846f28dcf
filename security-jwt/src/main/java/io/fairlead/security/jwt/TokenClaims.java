package io.fairlead.security.jwt;

import io.fairlead.CallContext;
import io.fairlead.security.Caller;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the token of a call says, for its handler:
 *
 * <pre>{@code
 * TokenClaims claims = TokenClaims.of(CallContext.current());
 * String tenant = claims.text("tenant").orElseThrow();
 * }</pre>
 *
 * <p>The claims were checked before the call reached the handler. Immutable.
 */
public final class TokenClaims {
  private final Map<String, Object> claims;

  private TokenClaims(Map<String, Object> claims) {
    this.claims = claims;
  }

  /**
   * Returns the claims of the call's token.
   *
   * @throws IllegalStateException if the call was let in without one
   */
  public static TokenClaims of(CallContext call) {
    Map<String, Object> claims = call.caller().map(Caller::claims).orElse(Map.of());
    if (!(claims.get("iss") instanceof String)) {
      throw new IllegalStateException(
          "the call of "
              + call.method()
              + " has no token; give the server a JwtAuthorizer, and do not make the method"
              + " public");
    }
    return new TokenClaims(claims);
  }

  /** Returns who issued the token. */
  public String issuer() {
    return text("iss").orElseThrow();
  }

  /** Returns whom the token is about, if it says so. */
  public Optional<String> subject() {
    return text("sub");
  }

  /** Returns when the token expires. */
  public Instant expiresAt() {
    return Instant.ofEpochMilli((long) (number("exp").orElseThrow().doubleValue() * 1_000));
  }

  /** Returns a claim that is a text; empty if it is missing or something else. */
  public Optional<String> text(String name) {
    return claims.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** Returns a claim that is a number; empty if it is missing or something else. */
  public Optional<Number> number(String name) {
    return claims.get(name) instanceof Number number ? Optional.of(number) : Optional.empty();
  }

  /** Returns the texts of a claim that is a text or a list of texts; empty for anything else. */
  public List<String> texts(String name) {
    Object value = claims.get(name);
    if (value instanceof String text) {
      return List.of(text);
    }
    return value instanceof List<?> list
        ? list.stream().filter(String.class::isInstance).map(String.class::cast).toList()
        : List.of();
  }

  /** Returns all claims: texts, numbers, booleans, lists and maps. */
  public Map<String, Object> asMap() {
    return claims;
  }

  /** Returns the names of the claims; their values do not belong in a log. */
  @Override
  public String toString() {
    return "TokenClaims" + claims.keySet();
  }
}
