package io.fairlead.samples.aiplatform.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.ResponseStore;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswerCacheTest {
  private final AtomicLong now = new AtomicLong(17);
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final Store store = new Store();

  private final CallObserver observer =
      new CallObserver() {
        @Override
        public void callEnded(CallOutcome outcome) {}

        @Override
        public void responseStoreFailed(String target, String operation, Throwable failure) {
          failures.add(operation + ": " + failure);
        }
      };

  /** A store that may be down, or say nothing. */
  private static final class Store implements ResponseStore {
    private final Map<String, byte[]> values = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean down;
    private volatile boolean silent;

    @Override
    public CompletionStage<byte @Nullable []> get(String key) {
      asked.incrementAndGet();
      return answer(values.get(key));
    }

    @Override
    public CompletionStage<?> put(String key, byte[] value, Duration timeToLive) {
      assertThat(timeToLive).isEqualTo(Duration.ofMinutes(10));
      if (!down) {
        values.put(key, value);
      }
      return answer(null);
    }

    private CompletionStage<byte @Nullable []> answer(byte @Nullable [] value) {
      return down
          ? CompletableFuture.failedFuture(new IOException("no connection"))
          : silent ? new CompletableFuture<>() : CompletableFuture.completedFuture(value);
    }
  }

  private AnswerCache cache(String gateway, @Nullable ResponseStore shared) {
    return new AnswerCache(gateway, shared, observer, now::get);
  }

  private static Answer answer(int version) {
    return Answer.newBuilder().setModel("digits").setModelVersion(version).setDigit(7).build();
  }

  private void awaitStored(int count) throws InterruptedException {
    while (store.values.size() < count) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void anAnswerIsFoundAgainUntilItsTimeIsOverAndForItsVersionAlone() {
    try (AnswerCache cache = cache("gateway-1", null)) {
      cache.keep("image", answer(2));
      assertThat(cache.find("digits", 2, "image"))
          .contains(answer(2).toBuilder().setCachedBy("gateway-1").build());
      assertThat(cache.find("digits", 3, "image")).isEmpty();
      assertThat(cache.find("letters", 2, "image")).isEmpty();
      assertThat(cache.find("digits", 2, "other")).isEmpty();
      now.addAndGet(Duration.ofMinutes(10).toNanos());
      assertThat(cache.find("digits", 2, "image")).isEmpty();
    }
  }

  @Test
  void whatOneGatewayKeepsAnotherOneFindsAndAsksForOnce() throws Exception {
    try (AnswerCache first = cache("gateway-1", store);
        AnswerCache second = cache("gateway-2", store)) {
      first.keep("image", answer(2));
      awaitStored(1);
      Answer kept = answer(2).toBuilder().setCachedBy("gateway-1").build();
      assertThat(second.find("digits", 2, "image")).contains(kept);
      assertThat(second.find("digits", 2, "image")).contains(kept);
      assertThat(store.asked).hasValue(1);
      assertThat(second.find("digits", 3, "image")).isEmpty();
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void aStoreThatIsDownIsLeftAloneForASecondAndAskedAgain() throws Exception {
    try (AnswerCache cache = cache("gateway-1", store)) {
      store.down = true;
      assertThat(cache.find("digits", 2, "image")).isEmpty();
      assertThat(cache.find("digits", 2, "image")).isEmpty();
      cache.keep("image", answer(2));
      assertThat(cache.find("digits", 2, "image")).isPresent();
      assertThat(store.asked).hasValue(1);
      assertThat(failures).containsExactly("get: java.io.IOException: no connection");
      store.down = false;
      now.addAndGet(Duration.ofSeconds(1).toNanos());
      cache.keep("other", answer(2));
      awaitStored(1);
      assertThat(cache.find("digits", 2, "third")).isEmpty();
      assertThat(store.asked).hasValue(2);
      assertThat(failures).hasSize(1);
    }
  }

  @Test
  void aStoreThatSaysNothingOrSomethingElseIsAFailure() {
    try (AnswerCache cache = cache("gateway-1", store)) {
      store.silent = true;
      assertThat(cache.find("digits", 2, "image")).isEmpty();
      store.silent = false;
      now.addAndGet(Duration.ofSeconds(1).toNanos());
      store.values.put("answer:digits:2:image", new byte[] {8});
      assertThat(cache.find("digits", 2, "image")).isEmpty();
      assertThat(failures)
          .satisfiesExactly(
              first ->
                  assertThat(first)
                      .isEqualTo(
                          "get: java.util.concurrent.TimeoutException: no answer within 50 ms"),
              second -> assertThat(second).contains("InvalidProtocolBufferException"));
    }
  }
}
