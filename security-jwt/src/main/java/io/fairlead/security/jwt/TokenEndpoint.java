package io.fairlead.security.jwt;

import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where an authorization server gives out tokens (OAuth 2.0), and as which client this process asks
 * for them.
 *
 * <pre>{@code
 * TokenEndpoint login =
 *     TokenEndpoint.builder(URI.create("https://login.example.com/oauth2/token"))
 *         .client("warehouse", secret)
 *         .build();
 * RpcChannel.to(target)
 *     .credentials(
 *         CompositeChannelCredentials.create(
 *             TlsChannelCredentials.create(), login.clientCredentials("inventory.write")))
 * }</pre>
 *
 * <p>Safe for use by many threads. It holds no connection open that has to be closed.
 */
public final class TokenEndpoint {
  private static final Pattern ERROR_CODE = Pattern.compile("[a-z_]{1,40}");
  private static final Duration DEFAULT_LIFE = Duration.ofMinutes(1);

  /** Nobody means a token that lives for longer; above it, a sum could overflow. */
  private static final Duration MAX_LIFE = Duration.ofDays(365);

  private final URI uri;
  private final String clientId;
  private final Supplier<String> clientSecret;
  private final Duration timeout;
  private final HttpClient http;
  private final boolean plaintextAllowed;
  private final LongSupplier ticker;

  private TokenEndpoint(Builder builder, String clientId, Supplier<String> clientSecret) {
    this.uri = builder.uri;
    this.clientId = clientId;
    this.clientSecret = clientSecret;
    this.timeout = builder.timeout;
    this.http = builder.http == null ? Http.client() : builder.http;
    this.plaintextAllowed = builder.plaintextAllowed;
    this.ticker = builder.ticker;
  }

  /** Returns a builder of an endpoint. {@code http} is accepted for loopback addresses alone. */
  public static Builder builder(URI uri) {
    TokenIssuer.requireSafe(uri, "tokens");
    return new Builder(uri);
  }

  /**
   * Returns credentials for calls of this process in its own name: the client-credentials grant.
   * The token is asked for with the first call, renewed before it expires, and shared by all calls.
   *
   * @param scopes that are asked for; none leaves it to the server
   */
  public TokenCredentials clientCredentials(String... scopes) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "client_credentials");
    putScopes(form, scopes);
    RenewedToken token = new RenewedToken(ticker);
    return new TokenCredentials(() -> token.get(() -> request(form)), plaintextAllowed);
  }

  /**
   * Returns how calls are made in the name of the caller of this process: its token is exchanged
   * for one that is meant for another service (RFC 8693).
   *
   * @param audience the service that is called
   * @param scopes that are asked for; none leaves it to the server
   */
  public TokenExchange exchange(String audience, String... scopes) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    form.put("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
    form.put("requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
    form.put("audience", Objects.requireNonNull(audience, "audience"));
    putScopes(form, scopes);
    return new TokenExchange(
        subject -> {
          Map<String, String> whole = new LinkedHashMap<>(form);
          whole.put("subject_token", subject);
          return request(whole);
        },
        plaintextAllowed,
        ticker);
  }

  private static void putScopes(Map<String, String> form, String... scopes) {
    if (scopes.length > 0) {
      form.put("scope", String.join(" ", scopes));
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // cancelling what has ended does nothing
  private CompletableFuture<AccessToken> request(Map<String, String> form) {
    long asked = ticker.getAsLong();
    String body =
        form.entrySet().stream()
            .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
            .collect(Collectors.joining("&"));
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(timeout)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("authorization", basic())
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    CompletableFuture<HttpResponse<String>> sent = Http.send(http, request);
    // The request's own timeout ends with the headers; a body may hang for ever.
    CompletableFuture<HttpResponse<String>> bounded =
        sent.copy().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    bounded.whenComplete((received, failed) -> sent.cancel(true));
    return bounded.handle((response, failed) -> read(response, failed, asked));
  }

  /** Both parts are encoded before they are joined (RFC 6749, 2.3.1). */
  private String basic() {
    String pair = encode(clientId) + ":" + encode(clientSecret.get());
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private AccessToken read(
      @Nullable HttpResponse<String> response, @Nullable Throwable failed, long askedNanos) {
    if (response == null) {
      Throwable cause =
          failed instanceof CompletionException && failed.getCause() != null
              ? failed.getCause()
              : failed;
      throw failure(Status.UNAVAILABLE, "no response of it: " + cause);
    }
    Map<String, Object> body;
    try {
      body = StrictJson.object(response.body());
    } catch (IOException e) {
      body = Map.of();
    }
    int status = response.statusCode();
    if (status != 200) {
      boolean ours = status >= 400 && status < 500 && status != 408 && status != 429;
      throw failure(
          ours ? Status.UNAUTHENTICATED : Status.UNAVAILABLE, "status " + status + errorCode(body));
    }
    if (!(body.get("access_token") instanceof String value)
        || value.isEmpty()
        || !(body.get("token_type") instanceof String type)
        || !type.equalsIgnoreCase("Bearer")) {
      throw failure(Status.UNAVAILABLE, "its response has no access_token of token_type Bearer");
    }
    Duration life =
        body.get("expires_in") instanceof Number seconds && seconds.doubleValue() > 0
            ? Duration.ofSeconds(Math.min((long) seconds.doubleValue(), MAX_LIFE.toSeconds()))
            : DEFAULT_LIFE;
    return AccessToken.of(
        value, life.toNanos(), askedNanos, ThreadLocalRandom.current().nextDouble());
  }

  /** The code is one of a few words; descriptions may quote what was sent. */
  private static String errorCode(Map<String, Object> body) {
    return body.get("error") instanceof String code && ERROR_CODE.matcher(code).matches()
        ? " (" + code + ")"
        : "";
  }

  private CompletionException failure(Status status, String why) {
    return new CompletionException(
        new StatusException(
            status.withDescription(
                "no token for client " + clientId + " from " + uri + ": " + why)));
  }

  /** Returns the address and the client; never the secret. */
  @Override
  public String toString() {
    return "TokenEndpoint[" + clientId + " at " + uri + "]";
  }

  /** Collects what an endpoint is to be. Not safe for use by many threads. */
  public static final class Builder {
    private final URI uri;
    private @Nullable String clientId;
    private @Nullable Supplier<String> clientSecret;
    private Duration timeout = Duration.ofSeconds(5);
    private @Nullable HttpClient http;
    private boolean plaintextAllowed;
    private LongSupplier ticker = System::nanoTime;

    private Builder(URI uri) {
      this.uri = uri;
    }

    /** Sets as which client this process asks, with a secret that does not change. */
    public Builder client(String id, String secret) {
      Objects.requireNonNull(secret, "secret");
      return client(id, () -> secret);
    }

    /**
     * Sets as which client this process asks.
     *
     * @param secret asked for each request, so that a new secret is used without a restart
     */
    public Builder client(String id, Supplier<String> secret) {
      this.clientId = Objects.requireNonNull(id, "id");
      this.clientSecret = Objects.requireNonNull(secret, "secret");
      return this;
    }

    /** Sets the timeout of a request, the whole of it. Default: 5s. */
    public Builder timeout(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("timeout is " + timeout + "; it must be positive");
      }
      this.timeout = timeout;
      return this;
    }

    /** Sets the client that asks, for a proxy, a private certificate authority, or mutual TLS. */
    public Builder httpClient(HttpClient client) {
      this.http = Objects.requireNonNull(client, "client");
      return this;
    }

    /**
     * Sends tokens over channels without TLS too. Whoever sees a token can use it: for a network
     * that encrypts by itself, and for tests.
     */
    public Builder allowPlaintext() {
      this.plaintextAllowed = true;
      return this;
    }

    /** For tests. */
    Builder ticker(LongSupplier ticker) {
      this.ticker = ticker;
      return this;
    }

    /** Returns the checked value. */
    public TokenEndpoint build() {
      if (clientId == null || clientSecret == null) {
        throw new IllegalStateException(
            "nothing says as which client tokens are asked for at "
                + uri
                + "; set client(id, secret)");
      }
      return new TokenEndpoint(this, clientId, clientSecret);
    }
  }
}
