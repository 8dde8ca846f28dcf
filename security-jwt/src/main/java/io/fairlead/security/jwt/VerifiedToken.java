package io.fairlead.security.jwt;

import io.fairlead.security.Authorizer.Verdict;
import io.fairlead.security.Caller;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A token whose signature and claims were right.
 *
 * @param expiresMillis by the clock, with the skew that is granted
 * @param certificate the SHA-256 of the client certificate that the token is bound to, in base64url
 * @param allowed the verdict on a call that it is enough for, made once
 */
record VerifiedToken(
    Caller caller,
    long expiresMillis,
    @Nullable String certificate,
    CompletableFuture<Verdict> allowed) {
  static VerifiedToken of(Caller caller, long expiresMillis, @Nullable String certificate) {
    return new VerifiedToken(
        caller,
        expiresMillis,
        certificate,
        CompletableFuture.completedFuture(new Verdict.Allowed(caller)));
  }
}
