package io.fairlead.security.jwt;

import io.fairlead.security.Authorizer;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls in that have a valid token (a signed JWT) in the header {@code authorization}, with
 * the scopes that the contract asks for.
 *
 * <pre>{@code
 * JwtAuthorizer tokens =
 *     JwtAuthorizer.builder()
 *         .issuer(
 *             TokenIssuer.builder("https://login.example.com")
 *                 .keys(URI.create("https://login.example.com/oauth2/jwks"))
 *                 .audiences("inventory")
 *                 .build())
 *         .start();
 * RpcServer.builder("inventory").authorizer(tokens).readiness("token keys", tokens::ready)
 * }</pre>
 *
 * <p>The keys of issuers are read ahead of time, on a thread of its own. A call whose key is known
 * never waits. A call whose key is not known waits for the next reading, within its deadline. A
 * token that was right is remembered until it expires or the keys change.
 *
 * <p>A call without a valid token ends with UNAUTHENTICATED, one without the scopes with
 * PERMISSION_DENIED, and one whose token cannot be checked now with UNAVAILABLE. No text contains
 * anything of a token. Safe for use by many threads. Whoever starts it closes it, after the server.
 */
public final class JwtAuthorizer implements Authorizer, AutoCloseable {
  /** The header as it came: a text of it would be a copy of the token for each call. */
  private static final Metadata.Key<byte[]> AUTHORIZATION =
      InternalMetadata.keyOf("authorization", new AsItCame());

  private static final byte[] SCHEME = "bearer ".getBytes(StandardCharsets.US_ASCII);

  private static final CompletableFuture<Verdict> NO_TOKEN =
      unauthenticated("the call has no token; send the header authorization: Bearer <token>");
  private static final CompletableFuture<Verdict> NOT_BEARER =
      unauthenticated("the header authorization is not of the form Bearer <token>");
  private static final CompletableFuture<Verdict> TOO_LONG =
      unauthenticated("the token is longer than " + TokenVerifier.MAX_TOKEN_LENGTH + " characters");

  private final Map<String, KeySource> sources;
  private final KeySource[] inOrder;
  private final TokenVerifier verifier;
  private final Clock clock;
  private final @Nullable ScheduledExecutorService ownScheduler;

  /** Where calls go on that have waited for a reading. */
  private final Executor executor;

  private JwtAuthorizer(
      Builder builder,
      Clock clock,
      LongSupplier ticker,
      DoubleSupplier random,
      ScheduledExecutorService scheduler,
      boolean ownScheduler,
      Executor executor,
      Function<TokenIssuer, Supplier<CompletableFuture<String>>> fetchers) {
    this.clock = clock;
    this.executor = executor;
    this.ownScheduler = ownScheduler ? scheduler : null;
    Map<String, KeySource> all = new LinkedHashMap<>();
    builder.issuers.forEach(
        (name, issuer) ->
            all.put(
                name,
                new KeySource(
                    issuer,
                    fetchers.apply(issuer),
                    new KeySource.Settings(
                        builder.refreshInterval,
                        builder.minInterval,
                        builder.keepStaleKeys,
                        builder.fetchTimeout,
                        builder.maxCachedTokens),
                    scheduler,
                    ticker,
                    random)));
    this.sources = all;
    this.inOrder = all.values().toArray(KeySource[]::new);
    this.verifier = new TokenVerifier(all, builder.clockSkew);
    all.values().forEach(KeySource::start);
  }

  /** Returns a builder without an issuer. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public CompletionStage<Verdict> authorize(Request request) {
    byte[] header = request.headers().get(AUTHORIZATION);
    if (header == null) {
      return NO_TOKEN;
    }
    if (!isBearer(header)) {
      return NOT_BEARER;
    }
    if (header.length - SCHEME.length > TokenVerifier.MAX_TOKEN_LENGTH) {
      return TOO_LONG;
    }
    TokenCache.Key key = TokenHasher.ofThread().hashOf(header, SCHEME.length);
    long now = clock.millis();
    VerifiedToken known = remembered(key, now);
    if (known != null) {
      return decide(known, request);
    }
    String token =
        new String(header, SCHEME.length, header.length - SCHEME.length, StandardCharsets.US_ASCII);
    return verify(token, key, now, request);
  }

  private static boolean isBearer(byte[] header) {
    if (header.length < SCHEME.length) {
      return false;
    }
    for (int i = 0; i < SCHEME.length; i++) {
      if (Character.toLowerCase((char) header[i]) != SCHEME[i]) {
        return false;
      }
    }
    return true;
  }

  /** Neither reads nor writes. */
  private static final class AsItCame implements InternalMetadata.TrustedAsciiMarshaller<byte[]> {
    @Override
    public byte[] toAsciiString(byte[] value) {
      return value;
    }

    @Override
    public byte[] parseAsciiString(byte[] serialized) {
      return serialized;
    }
  }

  private @Nullable VerifiedToken remembered(TokenCache.Key key, long nowMillis) {
    for (KeySource source : inOrder) {
      KeySet keys = source.current();
      if (keys != null) {
        VerifiedToken known = keys.tokens().get(key);
        if (known != null && nowMillis < known.expiresMillis()) {
          return known;
        }
      }
    }
    return null;
  }

  private CompletionStage<Verdict> verify(
      String token, TokenCache.Key key, long nowMillis, Request request) {
    TokenVerifier.Result result = verifier.verify(token, key, nowMillis);
    if (result instanceof TokenVerifier.Result.Accepted accepted) {
      return decide(accepted.token(), request);
    }
    if (result instanceof TokenVerifier.Result.Refused refused) {
      return unauthenticated(refused.reason());
    }
    return await(
        ((TokenVerifier.Result.KeyUnknown) result).source(),
        token,
        key,
        request,
        Context.current(),
        true);
  }

  /**
   * Lets the call wait for the next reading of the keys, if there is time for it.
   *
   * @param first whether the call has not waited yet
   */
  private CompletionStage<Verdict> await(
      KeySource source,
      String token,
      TokenCache.Key key,
      Request request,
      Context context,
      boolean first) {
    // What that reading brings may be older than the key, so the call may wait for one more.
    boolean older = first && source.isReading();
    Deadline deadline = context.getDeadline();
    long budget = deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
    CompletableFuture<Boolean> reading = new CompletableFuture<>();
    KeySource.Refusal refusal = source.await(budget, reading);
    if (refusal != null) {
      return undecided(
          switch (refusal) {
            case CLOSED -> "this server no longer checks tokens";
            case TOO_MANY_WAIT -> "too many calls wait for the keys of the token's issuer";
            case DEADLINE_TOO_NEAR ->
                "the key of the token is not known, and the deadline of the call is before the next"
                    + " reading of its issuer's keys";
          });
    }
    // A call that has ended does not wait on. Also for a context that is cancelled already.
    context.addListener(ended -> reading.complete(false), Runnable::run);
    // A reading may end for many calls; the thread of the keys does not check all their tokens.
    return reading.thenComposeAsync(
        read ->
            read
                ? afterReading(source, token, key, request, context, older)
                : undecided("the call has ended"),
        executor);
  }

  private CompletionStage<Verdict> afterReading(
      KeySource source,
      String token,
      TokenCache.Key key,
      Request request,
      Context context,
      boolean older) {
    TokenVerifier.Result result = verifier.verify(token, key, clock.millis());
    if (result instanceof TokenVerifier.Result.Accepted accepted) {
      return decide(accepted.token(), request);
    }
    if (result instanceof TokenVerifier.Result.Refused refused) {
      return unauthenticated(refused.reason());
    }
    if (source.failure() != null) {
      return undecided("the keys of the token's issuer cannot be read now");
    }
    return older
        ? await(source, token, key, request, context, false)
        : unauthenticated("the token is signed with a key that its issuer does not publish");
  }

  private static CompletableFuture<Verdict> decide(VerifiedToken token, Request request) {
    if (token.certificate() != null && !hasCertificate(request, token.certificate())) {
      return unauthenticated(
          "the token is bound to a client certificate (cnf) that this connection does not have");
    }
    Set<String> held = token.caller().scopes();
    if (held.containsAll(request.scopes())) {
      return token.allowed();
    }
    Set<String> missing = new TreeSet<>(request.scopes());
    missing.removeAll(held);
    return CompletableFuture.completedFuture(
        new Verdict.Denied("scope " + String.join(", ", missing) + " is missing", token.caller()));
  }

  private static boolean hasCertificate(Request request, String thumbprint) {
    List<Certificate> chain = request.certificates();
    if (chain.isEmpty()) {
      return false;
    }
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(chain.get(0).getEncoded());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash).equals(thumbprint);
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      return false;
    }
  }

  private static CompletableFuture<Verdict> unauthenticated(String reason) {
    return CompletableFuture.completedFuture(new Verdict.Unauthenticated(reason));
  }

  private static CompletableFuture<Verdict> undecided(String reason) {
    return CompletableFuture.completedFuture(new Verdict.Undecided(reason));
  }

  /**
   * Returns whether the keys of every issuer were read once; a readiness check for the start of a
   * server. A later outage of an issuer does not change it: the server still serves everyone else.
   *
   * @throws IllegalStateException names the issuer whose keys were never read, and why
   */
  public boolean ready() {
    for (KeyStatus status : keys()) {
      if (status.age().isEmpty()) {
        throw new IllegalStateException(
            "the keys of "
                + status.issuer()
                + " were not read yet"
                + status.failure().map(why -> ": " + why).orElse(""));
      }
    }
    return true;
  }

  /**
   * Returns whether the keys of every issuer are there and young enough to be used. It is false
   * when calls with an issuer's tokens get UNAVAILABLE. For an alarm, or for the readiness of
   * services that depend on it; see {@link #ready} for the start.
   *
   * @throws IllegalStateException names the issuer whose keys are not used, their age, and why
   */
  public boolean usable() {
    for (KeyStatus status : keys()) {
      if (!status.usable()) {
        throw new IllegalStateException("tokens cannot be checked: the keys of " + status);
      }
    }
    return true;
  }

  /** Returns how it stands with the keys of each issuer. */
  public List<KeyStatus> keys() {
    return sources.values().stream().map(KeySource::status).toList();
  }

  /**
   * Stops reading keys. Calls that wait for keys, and later calls with unknown keys, are refused.
   */
  @Override
  public void close() {
    sources.values().forEach(KeySource::close);
    if (ownScheduler != null) {
      ownScheduler.shutdownNow();
    }
  }

  /** Returns the issuers on one line. */
  @Override
  public String toString() {
    return "JwtAuthorizer" + inOrder[0].issuer() + (inOrder.length > 1 ? " and others" : "");
  }

  /** Collects what an authorizer is to be. Not safe for use by many threads. */
  public static final class Builder {
    private final Map<String, TokenIssuer> issuers = new LinkedHashMap<>();
    private Duration clockSkew = Duration.ofSeconds(30);
    private Duration refreshInterval = Duration.ofMinutes(5);
    private Duration minInterval = KeySource.MIN_INTERVAL;
    private Duration keepStaleKeys = Duration.ofHours(1);
    private Duration fetchTimeout = Duration.ofSeconds(5);
    private int maxCachedTokens = 10_000;
    private @Nullable HttpClient httpClient;

    private Builder() {}

    /** Adds an issuer whose tokens are accepted. */
    public Builder issuer(TokenIssuer issuer) {
      if (issuers.putIfAbsent(issuer.name(), issuer) != null) {
        throw new IllegalArgumentException(
            "the issuer " + issuer.name() + " was given twice; keep one");
      }
      return this;
    }

    /** Sets how far the clocks of issuer and server may be apart. Default: 30s. */
    public Builder clockSkew(Duration skew) {
      if (skew.isNegative() || skew.compareTo(Duration.ofMinutes(10)) > 0) {
        throw new IllegalArgumentException(
            "clockSkew is " + skew + "; it must be from zero to 10 minutes");
      }
      this.clockSkew = skew;
      return this;
    }

    /** Sets the time between two readings of the keys. Default: 5 minutes; at least 10s. */
    public Builder refreshInterval(Duration interval) {
      if (interval.compareTo(KeySource.MIN_INTERVAL) < 0) {
        throw new IllegalArgumentException(
            "refreshInterval is " + interval + "; it must be at least 10 seconds");
      }
      this.refreshInterval = interval;
      return this;
    }

    /**
     * Sets how old keys may become while they cannot be read. After that no token of the issuer is
     * accepted. Default: 1 hour.
     */
    public Builder keepStaleKeys(Duration age) {
      this.keepStaleKeys = Objects.requireNonNull(age, "age");
      return this;
    }

    /** Sets the timeout of one reading of the keys. Default: 5s. */
    public Builder fetchTimeout(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("fetchTimeout is " + timeout + "; it must be positive");
      }
      this.fetchTimeout = timeout;
      return this;
    }

    /** Sets how many checked tokens of each issuer are remembered. Default: 10,000. */
    public Builder maxCachedTokens(int tokens) {
      if (tokens < 2) {
        throw new IllegalArgumentException(
            "maxCachedTokens is " + tokens + "; it must be at least 2");
      }
      this.maxCachedTokens = tokens;
      return this;
    }

    /** Sets the client that reads the keys, for a proxy or a private certificate authority. */
    public Builder httpClient(HttpClient client) {
      this.httpClient = Objects.requireNonNull(client, "client");
      return this;
    }

    /** For tests that cannot wait. */
    Builder minInterval(Duration interval) {
      this.minInterval = interval;
      return this;
    }

    /** Starts to read the keys. */
    public JwtAuthorizer start() {
      check();
      HttpClient client = httpClient == null ? Http.client() : httpClient;
      ScheduledThreadPoolExecutor scheduler =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(task, "fairlead-token-keys");
                thread.setDaemon(true);
                return thread;
              });
      scheduler.setRemoveOnCancelPolicy(true);
      return new JwtAuthorizer(
          this,
          Clock.systemUTC(),
          System::nanoTime,
          () -> ThreadLocalRandom.current().nextDouble(),
          scheduler,
          true,
          new CompletableFuture<>().defaultExecutor(),
          issuer -> () -> read(client, issuer));
    }

    /** With the time and the keys of a test. */
    JwtAuthorizer start(
        Clock clock,
        LongSupplier ticker,
        ScheduledExecutorService scheduler,
        Function<TokenIssuer, Supplier<CompletableFuture<String>>> fetchers) {
      return start(clock, ticker, scheduler, Runnable::run, fetchers);
    }

    JwtAuthorizer start(
        Clock clock,
        LongSupplier ticker,
        ScheduledExecutorService scheduler,
        Executor executor,
        Function<TokenIssuer, Supplier<CompletableFuture<String>>> fetchers) {
      check();
      return new JwtAuthorizer(this, clock, ticker, () -> 0, scheduler, false, executor, fetchers);
    }

    private void check() {
      if (issuers.isEmpty()) {
        throw new IllegalStateException(
            "no issuer(...) is given, so no token could be accepted; add the one whose tokens your"
                + " callers have");
      }
      for (TokenIssuer one : issuers.values()) {
        for (TokenIssuer other : issuers.values()) {
          // The issuer that has the shorter one could put the rest of the other's into its names.
          if (!one.name().equals(other.name())
              && other.callerPrefix().startsWith(one.callerPrefix())) {
            throw new IllegalStateException(
                "the callerPrefix \""
                    + other.callerPrefix()
                    + "\" of "
                    + other.name()
                    + " begins with \""
                    + one.callerPrefix()
                    + "\" of "
                    + one.name()
                    + ", so a caller of the one could have the name of the other's; give each"
                    + " issuer a prefix that no other begins with, such as \"partner:\"");
          }
        }
      }
      if (keepStaleKeys.compareTo(refreshInterval) <= 0) {
        throw new IllegalStateException(
            "keepStaleKeys ("
                + keepStaleKeys
                + ") is not longer than refreshInterval ("
                + refreshInterval
                + "), so keys would be refused between two readings");
      }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // cancelling what has ended does nothing
    private CompletableFuture<String> read(HttpClient client, TokenIssuer issuer) {
      HttpRequest request =
          HttpRequest.newBuilder(issuer.keys())
              .timeout(fetchTimeout)
              .header("accept", "application/jwk-set+json, application/json")
              .build();
      CompletableFuture<HttpResponse<String>> sent = Http.send(client, request);
      CompletableFuture<String> body =
          sent.thenApply(
              response -> {
                if (response.statusCode() != 200) {
                  throw new CompletionException(
                      new KeyReadException("the response has status " + response.statusCode()));
                }
                return response.body();
              });
      // The request's own timeout ends with the headers; a body may hang for ever.
      body.whenComplete((read, failed) -> sent.cancel(true));
      return body;
    }
  }
}
