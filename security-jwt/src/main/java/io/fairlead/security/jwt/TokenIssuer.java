package io.fairlead.security.jwt;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An authorization server whose tokens are accepted, and what is asked of them. Immutable.
 *
 * <pre>{@code
 * TokenIssuer.builder("https://login.example.com")
 *     .keys(URI.create("https://login.example.com/oauth2/jwks"))
 *     .audiences("inventory")
 *     .build()
 * }</pre>
 */
public final class TokenIssuer {
  /** What can be checked with a public key; a shared secret must not be mistaken for one. */
  private static final Set<String> KNOWN =
      new TreeSet<>(
          List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"));

  private final String name;
  private final URI keys;
  private final Set<String> audiences;
  private final Set<String> algorithms;
  private final String callerClaim;
  private final String callerPrefix;
  private final boolean accessTokensOnly;

  private TokenIssuer(Builder builder, URI keys) {
    this.name = builder.name;
    this.keys = keys;
    this.audiences = builder.audiences;
    this.algorithms = builder.algorithms;
    this.callerClaim = builder.callerClaim;
    this.callerPrefix = builder.callerPrefix;
    this.accessTokensOnly = builder.accessTokensOnly;
  }

  /**
   * Returns a builder of an issuer.
   *
   * @param name exactly as the claim {@code iss} has it
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** Returns the name, as the claim {@code iss} has it. */
  public String name() {
    return name;
  }

  /** Returns where its keys are read, as a JSON Web Key Set. */
  public URI keys() {
    return keys;
  }

  /** Returns the audiences of which a token must name one. */
  public Set<String> audiences() {
    return audiences;
  }

  /** Returns the algorithms of signatures that are accepted. */
  public Set<String> algorithms() {
    return algorithms;
  }

  /** Returns the claim that names the caller. */
  public String callerClaim() {
    return callerClaim;
  }

  /** Returns what stands before the names of its callers. */
  public String callerPrefix() {
    return callerPrefix;
  }

  /** Returns whether a token must say that it is an access token. */
  public boolean accessTokensOnly() {
    return accessTokensOnly;
  }

  /** Returns the issuer on one line. */
  @Override
  public String toString() {
    return name + " for " + audiences + " with " + algorithms + ", keys from " + keys;
  }

  /** Collects what an issuer is to be. Not safe for use by many threads. */
  public static final class Builder {
    private final String name;
    private @Nullable URI keys;
    private Set<String> audiences = Set.of();
    private Set<String> algorithms = new TreeSet<>(List.of("RS256", "ES256"));
    private String callerClaim = "sub";
    private String callerPrefix = "";
    private boolean accessTokensOnly;

    private Builder(String name) {
      if (name.isBlank()) {
        throw new IllegalArgumentException(
            "the name of an issuer is blank; write it as the claim iss has it, such as"
                + " https://login.example.com");
      }
      this.name = name;
    }

    /**
     * Sets where the keys are read. {@code http} is accepted for loopback addresses alone: whoever
     * changes the keys on the way can sign any token.
     */
    public Builder keys(URI keys) {
      this.keys = Objects.requireNonNull(keys, "keys");
      return this;
    }

    /** Sets the audiences: a token must name at least one of them. */
    public Builder audiences(String... anyOf) {
      this.audiences = Set.copyOf(Arrays.asList(anyOf));
      return this;
    }

    /** Sets the algorithms of signatures that are accepted. Default: RS256 and ES256. */
    public Builder algorithms(String... only) {
      Set<String> given = new TreeSet<>(Arrays.asList(only));
      if (given.isEmpty() || !KNOWN.containsAll(given)) {
        given.removeAll(KNOWN);
        throw new IllegalArgumentException(
            "algorithms(...) of "
                + name
                + " was given "
                + (given.isEmpty() ? "nothing" : given)
                + "; it takes those that are checked with a public key: "
                + String.join(", ", KNOWN));
      }
      this.algorithms = given;
      return this;
    }

    /** Sets the claim that names the caller. Default: {@code sub}. */
    public Builder callerClaim(String claim) {
      this.callerClaim = Objects.requireNonNull(claim, "claim");
      return this;
    }

    /**
     * Sets what is put before the names of its callers, so that callers of different issuers are
     * not mistaken for each other. With several issuers, none may begin with another's, and none
     * may be empty. Default: nothing.
     */
    public Builder callerPrefix(String prefix) {
      this.callerPrefix = Objects.requireNonNull(prefix, "prefix");
      return this;
    }

    /**
     * Accepts only tokens whose header {@code typ} is {@code at+jwt} (RFC 9068), so that another
     * token of the same issuer, such as an ID token, is of no use. Default: {@code JWT} or nothing
     * will do.
     */
    public Builder accessTokensOnly() {
      this.accessTokensOnly = true;
      return this;
    }

    /** Returns the checked value. */
    public TokenIssuer build() {
      if (keys == null) {
        throw new IllegalStateException(
            "the issuer " + name + " has no keys; say where they are with keys(...)");
      }
      if (audiences.isEmpty()) {
        throw new IllegalStateException(
            "the issuer "
                + name
                + " has no audience, so tokens for other services would be accepted; set"
                + " audiences(...)");
      }
      requireSafe(keys, "the keys of " + name);
      return new TokenIssuer(this, keys);
    }
  }

  /** Refuses plain HTTP to another host. */
  static void requireSafe(URI uri, String what) {
    String scheme = uri.getScheme();
    if ("https".equals(scheme) || ("http".equals(scheme) && isLoopback(uri.getHost()))) {
      return;
    }
    throw new IllegalArgumentException(
        what + " would be read from " + uri + " without protection; use https");
  }

  /** Looks no name up: a name that leads to this machine today may lead elsewhere tomorrow. */
  private static boolean isLoopback(@Nullable String host) {
    if (host == null) {
      return false;
    }
    if (host.equals("localhost") || host.equals("[::1]")) {
      return true;
    }
    return host.matches("127(\\.\\d{1,3}){3}");
  }
}
