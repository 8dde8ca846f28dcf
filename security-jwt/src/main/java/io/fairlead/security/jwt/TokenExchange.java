package io.fairlead.security.jwt;

import io.fairlead.CallContext;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.MethodDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Makes calls in the name of the caller that is being served: its token is exchanged for one that
 * the called service accepts (RFC 8693). Comes from {@link TokenEndpoint#exchange}.
 *
 * <pre>{@code
 * public Receipt pay(Order order) {
 *   Channel asCaller = exchange.over(channel, CallContext.current());
 *   return BillingRpc.client(asCaller).charge(...);
 * }
 * }</pre>
 *
 * <p>Nothing happens by itself: a call that does not say {@code over(...)} carries no token of the
 * caller. Tokens of the last 1,000 callers are kept, and renewed as those of client credentials.
 * Safe for use by many threads.
 */
public final class TokenExchange {
  private static final int MAX_SUBJECTS = 1_000;
  private static final String SCHEME = "Bearer ";

  private final Function<String, CompletableFuture<AccessToken>> request;
  private final boolean plaintextAllowed;
  private final LongSupplier ticker;

  /** By the hash of the caller's token; guarded by itself, and no request begins under it. */
  private final Map<TokenCache.Key, RenewedToken> bySubject =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<TokenCache.Key, RenewedToken> eldest) {
          return size() > MAX_SUBJECTS;
        }
      };

  TokenExchange(
      Function<String, CompletableFuture<AccessToken>> request,
      boolean plaintextAllowed,
      LongSupplier ticker) {
    this.request = request;
    this.plaintextAllowed = plaintextAllowed;
    this.ticker = ticker;
  }

  /**
   * Returns a view of a channel whose calls carry a token of the caller of this call.
   *
   * @param channel without call credentials of its own. With some, its calls would have two headers
   *     {@code authorization}, and the called server chooses
   * @param call that is served
   * @throws IllegalStateException if the call that is served has no token
   */
  public Channel over(Channel channel, CallContext call) {
    TokenCredentials credentials = credentials(subject(call));
    return ClientInterceptors.intercept(channel, new AddCredentials(credentials));
  }

  private static String subject(CallContext call) {
    String header = call.header("authorization").orElse("");
    if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw new IllegalStateException(
          "the call of "
              + call.method()
              + " has no token to exchange; its caller must send authorization: Bearer <token>");
    }
    return header.substring(SCHEME.length());
  }

  private TokenCredentials credentials(String subject) {
    TokenCache.Key key = TokenCache.Key.of(subject);
    RenewedToken token;
    synchronized (bySubject) {
      token = bySubject.computeIfAbsent(key, absent -> new RenewedToken(ticker));
    }
    return new TokenCredentials(() -> token.get(() -> request.apply(subject)), plaintextAllowed);
  }

  private record AddCredentials(TokenCredentials credentials) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options.withCallCredentials(credentials));
    }
  }
}
