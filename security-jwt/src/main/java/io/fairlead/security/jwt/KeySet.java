package io.fairlead.security.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an issuer as they were read at some time, and the tokens that were checked with them.
 * The keys are immutable. A set with other keys has a new cache, so that a token of a key that is
 * gone is checked again, and refused.
 *
 * @param readNanos when they were read
 */
record KeySet(
    Map<String, List<VerificationKey>> byId,
    List<VerificationKey> all,
    Set<String> fingerprints,
    TokenCache tokens,
    long readNanos) {
  private static final int MAX_KEYS = 100;

  /** Reads a JSON Web Key Set; what is not for signatures of tokens is left out. */
  static KeySet parse(String json, int cachedTokens, long nowNanos) throws KeyReadException {
    List<JWK> given;
    try {
      given = JWKSet.parse(json).getKeys();
    } catch (ParseException | RuntimeException e) {
      throw new KeyReadException("the response is not a JSON Web Key Set");
    }
    if (given.size() > MAX_KEYS) {
      throw new KeyReadException("the set has " + given.size() + " keys, more than " + MAX_KEYS);
    }
    List<VerificationKey> all = new ArrayList<>();
    Map<String, List<VerificationKey>> byId = new HashMap<>();
    for (JWK jwk : given) {
      VerificationKey key = usable(jwk);
      if (key != null) {
        all.add(key);
        if (key.id() != null) {
          byId.computeIfAbsent(key.id(), id -> new ArrayList<>()).add(key);
        }
      }
    }
    if (all.isEmpty()) {
      throw new KeyReadException(
          "the set has "
              + given.size()
              + (given.size() == 1 ? " key" : " keys")
              + ", and none for signatures (RSA of 2,048 bits or more, or P-256, P-384, P-521)");
    }
    Set<String> fingerprints =
        all.stream().map(VerificationKey::fingerprint).collect(Collectors.toUnmodifiableSet());
    return new KeySet(
        Map.copyOf(byId), List.copyOf(all), fingerprints, new TokenCache(cachedTokens), nowNanos);
  }

  /** One key that cannot be used does not spoil the others. */
  private static @Nullable VerificationKey usable(JWK key) {
    try {
      return VerificationKey.of(key);
    } catch (JOSEException | RuntimeException e) {
      return null;
    }
  }

  /** Returns this set with the tokens of an earlier one, if that has the same keys. */
  KeySet after(@Nullable KeySet earlier) {
    return earlier != null && earlier.fingerprints.equals(fingerprints)
        ? new KeySet(earlier.byId, earlier.all, fingerprints, earlier.tokens, readNanos)
        : this;
  }

  /**
   * Returns the keys that may have signed a token. Without an id there must be just one that fits:
   * trying them all would let a token choose.
   */
  List<VerificationKey> candidates(@Nullable String id, JWSAlgorithm algorithm) {
    List<VerificationKey> named = id == null ? all : byId.getOrDefault(id, List.of());
    List<VerificationKey> fitting = named.stream().filter(key -> key.fits(algorithm)).toList();
    return id == null && fitting.size() > 1 ? List.of() : fitting;
  }
}
