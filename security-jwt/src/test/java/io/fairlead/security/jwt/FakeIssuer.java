package io.fairlead.security.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.security.Authorizer;
import io.fairlead.security.Authorizer.Verdict;
import io.fairlead.testkit.ManualClock;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An issuer whose keys are read in virtual time, and the authorizer that reads them. */
final class FakeIssuer {
  static final String NAME = "https://login.example.com";

  final ManualClock clock = ManualClock.create();

  /** What is published; null for an issuer that is down. */
  private @Nullable String published;

  /** Readings that are not answered yet hang here, if the issuer is slow. */
  private boolean slow;

  private CompletableFuture<String> last = new CompletableFuture<>();
  private int readings;

  static TokenIssuer.Builder described() {
    return TokenIssuer.builder(NAME)
        .keys(URI.create("https://login.example.com/jwks"))
        .audiences("inventory");
  }

  JwtAuthorizer start() {
    return start(described().build(), builder -> builder);
  }

  JwtAuthorizer start(TokenIssuer issuer, UnaryOperator<JwtAuthorizer.Builder> change) {
    JwtAuthorizer authorizer =
        change
            .apply(JwtAuthorizer.builder().issuer(issuer))
            .start(clock, clock::nanoTime, clock.scheduler(), each -> this::read);
    clock.runDue();
    return authorizer;
  }

  private CompletableFuture<String> read() {
    readings++;
    last = new CompletableFuture<>();
    if (!slow) {
      answer();
    }
    return last;
  }

  void publish(SigningKey... keys) {
    published = SigningKey.set(keys);
  }

  void publish(String text) {
    published = text;
  }

  void goDown() {
    published = null;
  }

  void beSlow() {
    slow = true;
  }

  /** Answers the reading that hangs. */
  void answer() {
    if (published == null) {
      last.completeExceptionally(new IOException("connection refused"));
    } else {
      last.complete(published);
    }
  }

  /** Whether whoever asked last has given up. */
  boolean wasGivenUp() {
    return last.isCompletedExceptionally();
  }

  int readings() {
    return readings;
  }

  /** The claims of a good token for this moment, and more. */
  String claims(String... more) {
    return claims(Duration.ofMinutes(10), more);
  }

  String claims(Duration life, String... more) {
    return "{\"iss\":\""
        + NAME
        + "\",\"aud\":\"inventory\",\"sub\":\"ann\",\"exp\":"
        + clock.instant().plus(life).getEpochSecond()
        + (more.length == 0 ? "" : "," + String.join(",", more))
        + "}";
  }

  static Authorizer.Request request(@Nullable String header, String... scopes) {
    Metadata headers = new Metadata();
    if (header != null) {
      headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), header);
    }
    return new Authorizer.Request(
        "shop.v1.Inventory/Reserve", Set.of(scopes), headers, Attributes.EMPTY);
  }

  static CompletableFuture<Verdict> ask(JwtAuthorizer authorizer, String token, String... scopes) {
    return authorizer.authorize(request("Bearer " + token, scopes)).toCompletableFuture();
  }

  /** Of a call that does not wait. */
  static Verdict now(JwtAuthorizer authorizer, String token, String... scopes) {
    CompletableFuture<Verdict> verdict = ask(authorizer, token, scopes);
    assertThat(verdict).isDone();
    return verdict.join();
  }
}
