package io.fairlead.security.jwt;

import io.grpc.CallCredentials;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Credentials of grpc-java that send an access token with each attempt of a call. They come from a
 * {@link TokenEndpoint}.
 *
 * <p>A call waits only while there is no valid token. If none can be had, it fails with
 * UNAVAILABLE, or with UNAUTHENTICATED if the server of tokens refused. Without TLS it fails with
 * UNAUTHENTICATED, and no token is sent.
 */
public final class TokenCredentials extends CallCredentials {
  private static final Status NO_TLS =
      Status.UNAUTHENTICATED.withDescription(
          "the token was not sent, as the connection has no TLS; give the channel"
              + " TlsChannelCredentials, or set allowPlaintext() on the TokenEndpoint");

  private final Supplier<CompletableFuture<AccessToken>> tokens;
  private final boolean plaintextAllowed;

  TokenCredentials(Supplier<CompletableFuture<AccessToken>> tokens, boolean plaintextAllowed) {
    this.tokens = tokens;
    this.plaintextAllowed = plaintextAllowed;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the applier is told of both ends
  public void applyRequestMetadata(
      RequestInfo request, Executor appExecutor, MetadataApplier applier) {
    if (!plaintextAllowed && request.getSecurityLevel() != SecurityLevel.PRIVACY_AND_INTEGRITY) {
      applier.fail(NO_TLS);
      return;
    }
    tokens
        .get()
        .whenComplete(
            (token, failed) -> {
              if (token != null) {
                applier.apply(token.headers());
              } else {
                applier.fail(status(failed));
              }
            });
  }

  private static Status status(@Nullable Throwable failed) {
    Throwable cause = failed;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StatusException known
        ? known.getStatus()
        : Status.UNAVAILABLE.withDescription("no token: " + cause);
  }

  @Override
  public String toString() {
    return "TokenCredentials";
  }
}
