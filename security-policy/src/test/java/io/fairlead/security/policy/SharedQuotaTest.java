package io.fairlead.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In virtual time, over a store that answers when the test says so. */
class SharedQuotaTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int CALLS = 1_000;
  private static final int BLOCK = 20;
  private static final int SERVERS = 5;

  private final ManualClock clock = ManualClock.create();
  private final Counts store = new Counts();

  @BeforeEach
  void beginWithAWindow() {
    long window = MINUTE.toMillis();
    clock.advance(Duration.ofMillis(window - Math.floorMod(clock.millis(), window)));
  }

  private static final class Counts implements SharedQuota.Store {
    private final Map<String, Long> counts = new HashMap<>();
    private final List<Runnable> answers = new ArrayList<>();
    private boolean away;
    private int asked;

    @Override
    public CompletionStage<Long> take(String counter, long amount, long limit, Duration keep) {
      asked++;
      CompletableFuture<Long> taken = new CompletableFuture<>();
      answers.add(
          () -> {
            if (away) {
              taken.completeExceptionally(new IllegalStateException("etcd is away"));
            } else {
              long part = Math.min(amount, limit - counts.getOrDefault(counter, 0L));
              counts.merge(counter, part, Long::sum);
              taken.complete(part);
            }
          });
      return taken;
    }

    void answer() {
      List<Runnable> due = new ArrayList<>(answers);
      answers.clear();
      due.forEach(Runnable::run);
    }
  }

  private SharedQuota quota() {
    return quota(clock::millis);
  }

  private SharedQuota quota(LongSupplier millis) {
    return SharedQuota.builder("tenants", store)
        .calls(CALLS)
        .per(MINUTE)
        .block(BLOCK)
        .build(millis, clock::nanoTime);
  }

  private List<SharedQuota> servers() {
    List<SharedQuota> servers = new ArrayList<>();
    for (int i = 0; i < SERVERS; i++) {
      servers.add(quota());
    }
    return servers;
  }

  @Test
  void allServersTogetherServeTheQuotaWithinTheErrorThatIsStated() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      List<SharedQuota> servers = servers();
      store.counts.clear();
      store.answers.clear();
      // Few calls between two answers of the store, or many.
      int pace = 1 + random.nextInt(60);
      long served = 0;
      long firstForGood = -1;
      for (int i = 0; i < 5 * CALLS; i++) {
        long wait = servers.get(random.nextInt(SERVERS)).take("acme");
        served += wait == 0 ? 1 : 0;
        if (wait > Duration.ofSeconds(1).toNanos() && firstForGood < 0) {
          firstForGood = served;
        }
        if (random.nextInt(pace) == 0) {
          store.answer();
        }
      }
      assertThat(served)
          .as("seed %s", seed)
          .isBetween((long) CALLS, (long) CALLS + SERVERS * BLOCK);
      assertThat(firstForGood)
          .as("seed %s, refused for good", seed)
          .isBetween((long) CALLS - (SERVERS - 1) * BLOCK, (long) CALLS + SERVERS * BLOCK);
      clock.advance(MINUTE);
    }
  }

  @Test
  void withAStoreThatIsAwayEachServerServesOneBlockInAWindow() {
    store.away = true;
    try (LogCapture log = LogCapture.of(SharedQuota.class.getName())) {
      for (int window = 0; window < 3; window++) {
        for (SharedQuota server : servers()) {
          int served = 0;
          for (int i = 0; i < 10 * BLOCK; i++) {
            served += server.take("acme") == 0 ? 1 : 0;
            store.answer();
          }
          assertThat(served).isEqualTo(BLOCK);
        }
        clock.advance(MINUTE);
      }
      assertThat(log.lines()).as("one for each server").hasSize(3 * SERVERS);
      assertThat(log.lines().get(0))
          .contains(
              "the count of all servers cannot be reached", "etcd is away", "serves 20 calls");
    }
  }

  @Test
  void aStoreThatIsBackIsUsedAfterASecond() {
    SharedQuota server = quota();
    store.away = true;
    for (int i = 0; i < 5 * BLOCK; i++) {
      server.take("acme");
      store.answer();
    }
    assertThat(store.asked).as("once, not with each call").isEqualTo(1);
    assertThat(server.take("acme")).isEqualTo(Duration.ofSeconds(1).toNanos());
    store.away = false;
    try (LogCapture log = LogCapture.of(SharedQuota.class.getName())) {
      clock.advance(Duration.ofSeconds(1));
      server.take("acme");
      store.answer();
      assertThat(log.with("is reached again")).hasSize(1);
    }
    assertThat(server.take("acme")).isZero();
  }

  @Test
  void aCallThatIsRefusedForGoodIsToldWhenTheNextWindowBegins() {
    SharedQuota server = quota();
    clock.advance(Duration.ofSeconds(20));
    while (server.take("acme") == 0) {
      store.answer();
    }
    assertThat(server.take("acme")).isEqualTo(Duration.ofSeconds(40).toNanos());
    clock.advance(Duration.ofSeconds(40));
    assertThat(server.take("acme")).isZero();
    assertThat(server.take("other")).isZero();
  }

  /** Uses so much of a key's block that it is worth a place in the store. */
  private static void use(SharedQuota server, String key) {
    for (int i = 0; i < BLOCK / 4; i++) {
      assertThat(server.take(key)).isZero();
    }
  }

  @Test
  void keysOfFewCallsAreNotWrittenToTheStore() {
    SharedQuota server = quota();
    for (int i = 0; i < 10_000; i++) {
      assertThat(server.take("made-up-" + i)).isZero();
    }
    assertThat(store.asked).isZero();
    use(server, "acme");
    assertThat(store.asked).isEqualTo(1);
  }

  @Test
  void keysThatAreMadeUpDoNotFloodTheStore() {
    SharedQuota server = quota();
    for (int second = 1; second <= 5; second++) {
      for (int i = 0; i < 1_000; i++) {
        use(server, "made-up-" + second + "-" + i);
        // A store that is fast, so that places are free all the time.
        store.answer();
      }
      assertThat(store.asked).isEqualTo(second * 100);
      clock.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void aTenantThatTheStoreKnowsHasAPlaceWhileKeysAreMadeUp() {
    SharedQuota server = quota();
    use(server, "acme");
    store.answer();
    clock.advance(MINUTE);
    for (int i = 0; i < 1_000; i++) {
      use(server, "made-up-" + i);
    }
    assertThat(store.answers).as("under way").hasSize(32);
    use(server, "acme");
    assertThat(store.answers).hasSize(33);
    store.answer();
    for (int i = 0; i < CALLS / 2; i++) {
      assertThat(server.take("acme")).as("call %s", i).isZero();
      store.answer();
    }
  }

  @Test
  void aNewTenantThatFoundNoPlaceAsksWithItsNextCall() {
    SharedQuota server = quota();
    for (int i = 0; i < 32; i++) {
      use(server, "other-" + i);
    }
    use(server, "acme");
    assertThat(store.answers).hasSize(32);
    store.answer();
    assertThat(server.take("acme")).isZero();
    assertThat(store.answers).hasSize(1);
  }

  @Test
  void threadsThatSeeTheEndOfAWindowInAnyOrderDoNotBeginItAnew() {
    long boundary = MINUTE.toMillis() * 1_000;
    long[] time = {boundary};
    SharedQuota server = quota(() -> time[0]);
    int served = 0;
    for (int i = 0; i < 10 * CALLS; i++) {
      time[0] = boundary - i % 2;
      served += server.take("acme") == 0 ? 1 : 0;
      store.answer();
    }
    assertThat(served).isBetween(CALLS, CALLS + BLOCK);
    assertThat(store.counts).hasSize(1);
  }

  @Test
  void aClockThatIsSetBackByHoursDoesNotRefuseUntilItIsThereAgain() {
    long[] time = {MINUTE.toMillis() * 1_000};
    SharedQuota server = quota(() -> time[0]);
    while (server.take("acme") == 0) {
      store.answer();
    }
    time[0] -= Duration.ofHours(3).toMillis();
    assertThat(server.take("acme")).isZero();
  }

  @Test
  void settingsWithoutSenseAreRefused() {
    assertThatThrownBy(() -> SharedQuota.builder("t", store).calls(0)).hasMessageContaining("1 or");
    assertThatThrownBy(() -> SharedQuota.builder("t", store).per(Duration.ofMillis(1)))
        .hasMessageContaining("use 1s to one day");
    assertThatThrownBy(() -> SharedQuota.builder("t", store).calls(10).build())
        .hasMessageContaining("needs calls(...) and per(...)");
    assertThatThrownBy(
            () -> SharedQuota.builder("t", store).calls(10).per(MINUTE).block(11).build())
        .hasMessageContaining("has a block of 11, and 10 calls in all");
    assertThat(SharedQuota.builder("t", store).calls(1_000).per(MINUTE).build())
        .hasToString("SharedQuota[t: 1000 calls in PT1M, in blocks of 10]");
  }
}
