package io.fairlead.security.jwt;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A token that is renewed before it expires, by at most one request at a time.
 *
 * <p>Renewal is begun by a call that finds the token old; that call goes on with the token that
 * there is. Only a call that finds no valid token waits. After a failure there is a pause, in which
 * calls without a token fail with what was said last: a server of tokens in trouble is not asked
 * for each call. The lock guards the fields; requests begin outside of it.
 */
final class RenewedToken {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final int MAX_DOUBLINGS = 5;

  private final LongSupplier ticker;

  private volatile @Nullable AccessToken token;

  private final Object lock = new Object();
  private @Nullable CompletableFuture<AccessToken> underWay;
  private @Nullable CompletableFuture<AccessToken> lastFailure;
  private long pauseEndsNanos;
  private int failures;

  RenewedToken(LongSupplier ticker) {
    this.ticker = ticker;
  }

  /**
   * Returns a token.
   *
   * @param request asks for one, if it is needed. It is not kept: it may hold a token of a caller
   */
  CompletableFuture<AccessToken> get(Supplier<CompletableFuture<AccessToken>> request) {
    long now = ticker.getAsLong();
    AccessToken known = token;
    if (known != null && now - known.refreshNanos() < 0) {
      return CompletableFuture.completedFuture(known);
    }
    CompletableFuture<AccessToken> next = renew(request, now);
    return known != null && now - known.expiresNanos() < 0
        ? CompletableFuture.completedFuture(known)
        : next;
  }

  /** Returns the request that is under way, or begins one, or fails within the pause. */
  @SuppressWarnings("FutureReturnValueIgnored") // ended() hears of both ends
  private CompletableFuture<AccessToken> renew(
      Supplier<CompletableFuture<AccessToken>> request, long now) {
    CompletableFuture<AccessToken> result = new CompletableFuture<>();
    synchronized (lock) {
      if (underWay != null) {
        return underWay;
      }
      if (lastFailure != null && now - pauseEndsNanos < 0) {
        return lastFailure;
      }
      underWay = result;
    }
    CompletableFuture<AccessToken> response;
    try {
      response = request.get();
    } catch (RuntimeException e) {
      response = CompletableFuture.failedFuture(e);
    }
    response.whenComplete((received, failure) -> ended(result, received, failure));
    return result;
  }

  private void ended(
      CompletableFuture<AccessToken> result,
      @Nullable AccessToken received,
      @Nullable Throwable failure) {
    synchronized (lock) {
      underWay = null;
      if (received != null) {
        token = received;
        lastFailure = null;
        failures = 0;
      } else {
        lastFailure = result;
        pauseEndsNanos =
            ticker.getAsLong() + (FIRST_PAUSE.toNanos() << Math.min(failures, MAX_DOUBLINGS));
        failures++;
      }
    }
    if (received != null) {
      result.complete(received);
    } else {
      result.completeExceptionally(
          failure == null ? new IllegalStateException("no token") : failure);
    }
  }
}
