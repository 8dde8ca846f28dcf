package io.fairlead.security.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Authorizer.Verdict;
import io.fairlead.testkit.LogCapture;
import io.grpc.Context;
import io.grpc.Deadline;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When keys are read, who waits for it, and what an outage of the issuer does; in virtual time. */
class KeyReadingTest {
  private static final SigningKey FIRST = SigningKey.ec("k1");
  private static final SigningKey SECOND = SigningKey.ec("k2");
  private static final Duration HOUR = Duration.ofHours(1);

  private final FakeIssuer issuer = new FakeIssuer();

  private static final Verdict.Unauthenticated NOT_PUBLISHED =
      new Verdict.Unauthenticated(
          "the token is signed with a key that its issuer does not publish");

  private String token(SigningKey key) {
    return key.token(issuer.claims(HOUR.multipliedBy(3)));
  }

  private static boolean allowed(CompletableFuture<Verdict> verdict) {
    return verdict.isDone() && verdict.join() instanceof Verdict.Allowed;
  }

  @Test
  void keysAreReadAheadOfTimeAndACallWhoseKeyIsKnownNeverWaits() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThat(authorizer.ready()).isTrue();
      issuer.beSlow();
      for (int minute = 0; minute < 4; minute++) {
        issuer.clock.advance(Duration.ofMinutes(1));
        assertThat(FakeIssuer.now(authorizer, token(FIRST))).isInstanceOf(Verdict.Allowed.class);
      }
      issuer.clock.advance(Duration.ofMinutes(1));
      assertThat(issuer.readings()).isEqualTo(2);
      // While the second reading hangs.
      assertThat(FakeIssuer.now(authorizer, token(FIRST))).isInstanceOf(Verdict.Allowed.class);
    }
  }

  @Test
  void callsWithOneUnknownKeyShareOneReading() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      issuer.clock.advance(Duration.ofMinutes(1));
      issuer.publish(FIRST, SECOND);
      issuer.beSlow();
      List<CompletableFuture<Verdict>> calls = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        calls.add(FakeIssuer.ask(authorizer, token(SECOND)));
      }
      issuer.clock.advance(Duration.ofSeconds(1));
      assertThat(calls).noneMatch(CompletableFuture::isDone);
      assertThat(issuer.readings()).isEqualTo(2);
      issuer.answer();
      issuer.clock.runDue();
      assertThat(calls).allMatch(KeyReadingTest::allowed);
      assertThat(issuer.readings()).isEqualTo(2);
    }
  }

  @Test
  void aKeyThatIsNewerThanTheReadingUnderWayIsFoundByTheNextOne() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      issuer.beSlow();
      issuer.clock.advance(Duration.ofMinutes(5));
      assertThat(issuer.readings()).isEqualTo(2);
      CompletableFuture<Verdict> good = FakeIssuer.ask(authorizer, token(SECOND));
      CompletableFuture<Verdict> forged = FakeIssuer.ask(authorizer, token(SigningKey.ec("k3")));
      issuer.answer();
      issuer.publish(FIRST, SECOND);
      issuer.clock.runDue();
      assertThat(good).isNotDone();
      issuer.clock.advance(Duration.ofSeconds(10));
      assertThat(issuer.readings()).isEqualTo(3);
      issuer.answer();
      issuer.clock.runDue();
      assertThat(allowed(good)).isTrue();
      // One more, and not one after the other.
      assertThat(forged.join()).isEqualTo(NOT_PUBLISHED);
    }
  }

  @Test
  void aKeyThatReplacesAnotherIsReadForTokensThatDoNotTellThemApart() {
    SigningKey replaced = SigningKey.ec("k1");
    for (String header : List.of("{\"alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"kid\":\"k1\"}")) {
      issuer.publish(FIRST);
      try (JwtAuthorizer authorizer = issuer.start()) {
        issuer.clock.advance(Duration.ofMinutes(1));
        issuer.publish(replaced);
        int before = issuer.readings();
        CompletableFuture<Verdict> call =
            FakeIssuer.ask(authorizer, replaced.token(header, issuer.claims()));
        issuer.clock.runDue();
        assertThat(allowed(call)).as(header).isTrue();
        // Forged signatures cause no further reading, and do not wait.
        for (int i = 0; i < 100; i++) {
          assertThat(FakeIssuer.now(authorizer, SECOND.token(header, issuer.claims())))
              .isEqualTo(new Verdict.Unauthenticated("the signature of the token is wrong"));
        }
        assertThat(issuer.readings() - before).isOne();
      }
    }
  }

  @Test
  void theThreadOfTheKeysDoesNotCheckTheTokensOfAllThatWaited() {
    List<Runnable> elsewhere = new ArrayList<>();
    SigningKey[] published = {FIRST};
    try (JwtAuthorizer authorizer =
        JwtAuthorizer.builder()
            .issuer(FakeIssuer.described().build())
            .start(
                issuer.clock,
                issuer.clock::nanoTime,
                issuer.clock.scheduler(),
                elsewhere::add,
                each -> () -> CompletableFuture.completedFuture(SigningKey.set(published)))) {
      issuer.clock.runDue();
      CompletableFuture<Verdict> call = FakeIssuer.ask(authorizer, token(SECOND));
      published[0] = SECOND;
      issuer.clock.advance(Duration.ofSeconds(10));
      assertThat(call).isNotDone();
      assertThat(elsewhere).hasSize(1);
      elsewhere.get(0).run();
      assertThat(allowed(call)).isTrue();
    }
  }

  @Test
  void aFloodOfForgedKeyIdsCausesOneReadingInTenSeconds() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      List<CompletableFuture<Verdict>> forged = new ArrayList<>();
      String claims = issuer.claims();
      int before = issuer.readings();
      for (int tick = 0; tick < 600; tick++) {
        for (int i = 0; i < 50; i++) {
          String kid = "forged-" + tick + "-" + i;
          forged.add(
              FakeIssuer.ask(
                  authorizer,
                  SigningKey.encode("{\"alg\":\"ES256\",\"kid\":\"" + kid + "\"}")
                      + "."
                      + SigningKey.encode(claims)
                      + ".AAAA"));
        }
        issuer.clock.advance(Duration.ofMillis(100));
        // Those with a known key do not notice.
        assertThat(FakeIssuer.now(authorizer, token(FIRST))).isInstanceOf(Verdict.Allowed.class);
      }
      assertThat(issuer.readings() - before).isEqualTo(6);
      issuer.clock.advance(Duration.ofSeconds(10));
      assertThat(forged).allMatch(CompletableFuture::isDone);
      assertThat(forged)
          .extracting(CompletableFuture::join)
          .allMatch(
              verdict ->
                  verdict.equals(NOT_PUBLISHED)
                      || verdict.equals(
                          new Verdict.Undecided(
                              "too many calls wait for the keys of the token's issuer")));
    }
  }

  @Test
  void noMoreThanAThousandCallsWait() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      List<CompletableFuture<Verdict>> calls = new ArrayList<>();
      for (int i = 0; i < 1_001; i++) {
        calls.add(FakeIssuer.ask(authorizer, token(SECOND)));
      }
      assertThat(calls.get(1_000)).isDone();
      assertThat(calls.get(1_000).join()).isInstanceOf(Verdict.Undecided.class);
      assertThat(calls.subList(0, 1_000)).noneMatch(CompletableFuture::isDone);
    }
  }

  @Test
  void aCallWaitsOnlyIfItsDeadlineIsAfterTheReading() throws Exception {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      issuer.clock.advance(Duration.ofSeconds(4));
      issuer.publish(FIRST, SECOND);
      String token = token(SECOND);
      CompletableFuture<Verdict> tooShort =
          within(Duration.ofSeconds(6), () -> FakeIssuer.ask(authorizer, token));
      assertThat(tooShort).isDone();
      assertThat(tooShort.join())
          .isEqualTo(
              new Verdict.Undecided(
                  "the key of the token is not known, and the deadline of the call is before the"
                      + " next reading of its issuer's keys"));
      CompletableFuture<Verdict> longEnough =
          within(Duration.ofSeconds(7), () -> FakeIssuer.ask(authorizer, token));
      assertThat(longEnough).isNotDone();
      issuer.clock.advance(Duration.ofSeconds(6));
      assertThat(allowed(longEnough)).isTrue();
    }
  }

  private <T> T within(Duration time, java.util.concurrent.Callable<T> call) throws Exception {
    Deadline deadline =
        Deadline.after(
            time.toNanos(),
            TimeUnit.NANOSECONDS,
            new Deadline.Ticker() {
              @Override
              public long nanoTime() {
                return issuer.clock.nanoTime();
              }
            });
    Context.CancellableContext context =
        Context.ROOT.withDeadline(deadline, issuer.clock.scheduler());
    return context.call(call);
  }

  @Test
  void aCallThatEndsLeavesTheQueue() throws Exception {
    issuer.publish(FIRST);
    KeySource source = source();
    source.start();
    issuer.clock.runDue();
    CompletableFuture<Boolean> waiter = new CompletableFuture<>();
    assertThat(source.await(Long.MAX_VALUE, waiter)).isNull();
    assertThat(source.waiting()).isOne();
    waiter.complete(false);
    assertThat(source.waiting()).isZero();
    source.close();
    try (JwtAuthorizer authorizer = issuer.start()) {
      Context.CancellableContext call = Context.ROOT.withCancellation();
      CompletableFuture<Verdict> verdict =
          call.call(() -> FakeIssuer.ask(authorizer, token(SECOND)));
      assertThat(verdict).isNotDone();
      call.cancel(null);
      assertThat(verdict.join()).isEqualTo(new Verdict.Undecided("the call has ended"));
    }
  }

  private KeySource source() {
    return new KeySource(
        FakeIssuer.described().build(),
        () -> CompletableFuture.completedFuture(SigningKey.set(FIRST)),
        new KeySource.Settings(
            Duration.ofMinutes(5), KeySource.MIN_INTERVAL, HOUR, Duration.ofSeconds(5), 10),
        issuer.clock.scheduler(),
        issuer.clock::nanoTime,
        () -> 0);
  }

  @Test
  void aRememberedTokenIsForgottenWhenItsKeyIsGone() {
    issuer.publish(FIRST, SECOND);
    try (JwtAuthorizer authorizer = issuer.start()) {
      String token = token(FIRST);
      assertThat(FakeIssuer.now(authorizer, token)).isInstanceOf(Verdict.Allowed.class);
      issuer.publish(SECOND);
      issuer.clock.advance(Duration.ofMinutes(4));
      assertThat(FakeIssuer.now(authorizer, token)).isInstanceOf(Verdict.Allowed.class);
      issuer.clock.advance(Duration.ofMinutes(1));
      CompletableFuture<Verdict> later = FakeIssuer.ask(authorizer, token);
      issuer.clock.advance(Duration.ofSeconds(10));
      assertThat(later.join()).isEqualTo(NOT_PUBLISHED);
    }
  }

  @Test
  void aRememberedTokenExpires() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      String token = FIRST.token(issuer.claims(Duration.ofMinutes(2)));
      issuer.clock.advance(Duration.ofSeconds(149));
      assertThat(FakeIssuer.now(authorizer, token)).isInstanceOf(Verdict.Allowed.class);
      issuer.clock.advance(Duration.ofSeconds(1));
      assertThat(FakeIssuer.now(authorizer, token))
          .isEqualTo(new Verdict.Unauthenticated("the token has expired"));
    }
  }

  @Test
  void theSameKeysReadAgainKeepWhatIsRemembered() throws Exception {
    KeySet first = KeySet.parse(SigningKey.set(FIRST, SECOND), 10, 1);
    KeySet same = KeySet.parse(SigningKey.set(SECOND, FIRST), 10, 2).after(first);
    assertThat(same.tokens()).isSameAs(first.tokens());
    assertThat(same.readNanos()).isEqualTo(2);
    KeySet other = KeySet.parse(SigningKey.set(SECOND), 10, 3).after(same);
    assertThat(other.tokens()).isNotSameAs(first.tokens());
    // Another key under an id that is known.
    KeySet replaced = KeySet.parse(SigningKey.set(SigningKey.ec("k2")), 10, 4).after(other);
    assertThat(replaced.tokens()).isNotSameAs(other.tokens());
  }

  @Test
  void anOutageOfTheIssuerIsToleratedForAStatedTime() {
    issuer.publish(FIRST);
    try (LogCapture log = LogCapture.of(KeySource.class.getName());
        JwtAuthorizer authorizer = issuer.start()) {
      issuer.goDown();
      issuer.clock.advance(HOUR);
      assertThat(FakeIssuer.now(authorizer, token(FIRST))).isInstanceOf(Verdict.Allowed.class);
      KeyStatus old = authorizer.keys().get(0);
      assertThat(old.age()).contains(HOUR);
      assertThat(old.usable()).isTrue();
      assertThat(old.failure()).contains("java.io.IOException: connection refused");
      // Tried again all the time, but not all the time.
      assertThat(issuer.readings()).isBetween(50, 70);

      issuer.clock.advance(Duration.ofSeconds(1));
      assertThat(authorizer.keys().get(0).usable()).isFalse();
      CompletableFuture<Verdict> refused = FakeIssuer.ask(authorizer, token(FIRST));
      issuer.clock.advance(Duration.ofSeconds(10));
      assertThat(refused.join())
          .isEqualTo(new Verdict.Undecided("the keys of the token's issuer cannot be read now"));
      // An outage is no reason to leave: everyone else is still served.
      assertThat(authorizer.ready()).isTrue();

      issuer.publish(FIRST);
      issuer.clock.advance(Duration.ofMinutes(1));
      assertThat(FakeIssuer.now(authorizer, token(FIRST))).isInstanceOf(Verdict.Allowed.class);
      assertThat(log.with("cannot be read from"))
          .singleElement()
          .asString()
          .isEqualTo(
              "the keys of https://login.example.com cannot be read from"
                  + " https://login.example.com/jwks: java.io.IOException: connection refused; the"
                  + " keys that are known stay in use until they are 60 minutes old");
    }
  }

  @Test
  void theAgeOfKeysIsAMetricAndAHealth() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThat(gauges(authorizer))
          .containsExactlyInAnyOrder(
              "fairlead.token.keys 1.0",
              "fairlead.token.keys.usable 1.0",
              "fairlead.token.keys.failing 0.0",
              "fairlead.token.keys.age.seconds 0.0");
      issuer.goDown();
      issuer.clock.advance(Duration.ofMinutes(50));
      assertThat(gauges(authorizer))
          .contains(
              "fairlead.token.keys.usable 1.0",
              "fairlead.token.keys.failing 1.0",
              "fairlead.token.keys.age.seconds 3000.0");
      assertThat(authorizer.usable()).isTrue();
      issuer.clock.advance(Duration.ofMinutes(11));
      assertThat(gauges(authorizer)).contains("fairlead.token.keys.usable 0.0");
      assertThatThrownBy(authorizer::usable)
          .hasMessage(
              "tokens cannot be checked: the keys of "
                  + FakeIssuer.NAME
                  + ": 1 key, read 3660s ago, not usable, last failure: java.io.IOException:"
                  + " connection refused");
      // A server that serves others goes on.
      assertThat(authorizer.ready()).isTrue();
    }
  }

  private static List<String> gauges(JwtAuthorizer authorizer) {
    return authorizer.keys().get(0).gauges().stream()
        .peek(each -> assertThat(each.labels()).isEqualTo(Map.of("issuer", FakeIssuer.NAME)))
        .map(each -> each.name() + " " + each.value())
        .toList();
  }

  @Test
  void aServerThatStartsWithoutItsIssuerGetsReadyWhenTheKeysAreThere() {
    issuer.goDown();
    try (JwtAuthorizer authorizer = issuer.start()) {
      assertThatThrownBy(authorizer::ready)
          .hasMessage(
              "the keys of https://login.example.com were not read yet: java.io.IOException:"
                  + " connection refused");
      CompletableFuture<Verdict> waiting = FakeIssuer.ask(authorizer, token(FIRST));
      issuer.publish(FIRST);
      issuer.clock.advance(Duration.ofSeconds(1));
      assertThat(allowed(waiting)).isTrue();
      assertThat(authorizer.ready()).isTrue();
    }
  }

  @Test
  void aReadingThatHangsIsGivenUpAndTriedAgain() {
    issuer.publish(FIRST);
    issuer.beSlow();
    try (JwtAuthorizer authorizer = issuer.start()) {
      issuer.clock.advance(Duration.ofSeconds(5));
      assertThat(issuer.wasGivenUp()).isTrue();
      assertThat(authorizer.keys().get(0).failure()).contains("no response within 5000 ms");
      issuer.clock.advance(Duration.ofSeconds(1));
      issuer.answer();
      issuer.clock.runDue();
      assertThat(authorizer.ready()).isTrue();
    }
  }

  @Test
  void aResponseThatIsNoKeySetChangesNothing() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      for (String broken :
          List.of(
              "<html>", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}")) {
        issuer.publish(broken);
        issuer.clock.advance(Duration.ofMinutes(5));
        assertThat(authorizer.keys().get(0).failure()).as(broken).isPresent();
        assertThat(FakeIssuer.now(authorizer, token(FIRST))).isInstanceOf(Verdict.Allowed.class);
      }
    }
  }

  @Test
  void whoWaitsIsReleasedWhenTheAuthorizerIsClosed() {
    issuer.publish(FIRST);
    JwtAuthorizer authorizer = issuer.start();
    CompletableFuture<Verdict> waiting = FakeIssuer.ask(authorizer, token(SECOND));
    assertThat(waiting).isNotDone();
    authorizer.close();
    assertThat(waiting).isDone();
    assertThat(FakeIssuer.now(authorizer, token(SECOND)))
        .isEqualTo(new Verdict.Undecided("this server no longer checks tokens"));
    assertThat(issuer.clock.scheduler().pendingTasks()).isZero();
  }

  /** HPACK gives each call of a connection the same array of bytes. */
  @Test
  void aHeaderThatComesAgainIsCheckedForItsEndAndForItsKeyEachTime() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      Authorizer.Request expires =
          FakeIssuer.request("Bearer " + FIRST.token(issuer.claims(Duration.ofMinutes(1))));
      Authorizer.Request rotates = FakeIssuer.request("Bearer " + token(FIRST));
      for (int i = 0; i < 3; i++) {
        assertThat(allowed(authorizer.authorize(expires).toCompletableFuture())).isTrue();
        assertThat(allowed(authorizer.authorize(rotates).toCompletableFuture())).isTrue();
      }
      issuer.clock.advance(Duration.ofSeconds(90));
      assertThat(authorizer.authorize(expires).toCompletableFuture())
          .isCompletedWithValue(new Verdict.Unauthenticated("the token has expired"));
      assertThat(allowed(authorizer.authorize(rotates).toCompletableFuture())).isTrue();
      issuer.publish(SECOND);
      issuer.clock.advance(Duration.ofMinutes(5));
      assertThat(allowed(authorizer.authorize(rotates).toCompletableFuture())).isFalse();
    }
  }

  @Test
  void aTokenThatIsRememberedIsNotCopiedForEachCall() {
    issuer.publish(FIRST);
    try (JwtAuthorizer authorizer = issuer.start()) {
      String claim = "\"claim\":\"" + "x".repeat(4_000) + "\"";
      Authorizer.Request request =
          FakeIssuer.request("Bearer " + FIRST.token(issuer.claims(HOUR, claim)));
      for (int i = 0; i < 10; i++) {
        assertThat(allowed(authorizer.authorize(request).toCompletableFuture())).isTrue();
      }
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long thread = Thread.currentThread().getId();
      long before = threads.getThreadAllocatedBytes(thread);
      for (int i = 0; i < 1_000; i++) {
        authorizer.authorize(request);
      }
      // Also where nothing is compiled yet.
      assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(1_000 * 1_000L);
    }
  }

  @Test
  void theCacheIsBoundedAndKeepsWhatIsInUse() {
    TokenCache cache = new TokenCache(100);
    VerifiedToken token =
        VerifiedToken.of(new io.fairlead.security.Caller("a", java.util.Set.of()), 1, null);
    TokenCache.Key used = TokenCache.Key.of("used");
    cache.put(used, token);
    for (int i = 0; i < 10_000; i++) {
      cache.put(TokenCache.Key.of("other" + i), token);
      assertThat(cache.get(used)).isSameAs(token);
      assertThat(cache.size()).isLessThanOrEqualTo(101);
    }
    assertThat(cache.get(TokenCache.Key.of("other1"))).isNull();
  }
}
