package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.ResponseStore;
import io.fairlead.testkit.LogCapture;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Responses that processes share, and a store that does not do its part. */
@Timeout(120)
class SharedResponsesTest {
  private final Map<String, byte[]> stored = new HashMap<>();
  private final Map<String, Duration> times = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final List<CallOutcome> outcomes = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  /** In memory; a test replaces what it answers. */
  private class Store implements ResponseStore {
    @Override
    public CompletionStage<byte @Nullable []> get(String key) {
      asked.add("get " + key);
      return CompletableFuture.completedFuture(stored.get(key));
    }

    @Override
    public CompletionStage<?> put(String key, byte[] value, Duration timeToLive) {
      asked.add("put " + key);
      stored.put(key, value);
      times.put(key, timeToLive);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public String toString() {
      return "a store";
    }
  }

  private final CallObserver observer =
      new CallObserver() {
        @Override
        public void callEnded(CallOutcome outcome) {
          outcomes.add(outcome);
        }

        @Override
        public void responseStoreFailed(String target, String operation, Throwable failure) {
          failures.add(operation + " " + failure.getMessage());
        }
      };

  private VirtualStack stack(ResponseStore store) {
    return stack(store, 1_000_000);
  }

  private VirtualStack stack(ResponseStore store, long wallMillis) {
    VirtualStack[] made = new VirtualStack[1];
    made[0] =
        new VirtualStack(
            config -> {
              config.responseStore = store;
              config.observers.add(observer);
              config.wallMillis = () -> wallMillis + made[0].clock.elapsed().toMillis();
            });
    return made[0];
  }

  private static MethodContract<StringValue, StringValue> say(CachePolicy.Builder cache) {
    return MethodContract.unary(
            ScriptedServer.SERVICE,
            "Say",
            StringValue.getDefaultInstance(),
            StringValue.getDefaultInstance())
        .noSideEffects()
        .policy(
            MethodPolicy.builder().deadline(Duration.ofSeconds(10)).cache(cache.build()).build())
        .build();
  }

  private static CachePolicy.Builder fiveSeconds() {
    return CachePolicy.builder().ttl(Duration.ofSeconds(5));
  }

  private List<CacheUse> uses() {
    return outcomes.stream().map(CallOutcome::cacheUse).toList();
  }

  @Test
  void anotherProcessFindsTheResponse() {
    MethodContract<StringValue, StringValue> say =
        say(fiveSeconds().staleIfError(Duration.ofMinutes(1)));
    try (VirtualStack one = stack(new Store());
        VirtualStack other = stack(new Store(), 1_003_000)) {
      one.serve((n, call) -> call.reply("one"));
      VirtualServer second = other.serve((n, call) -> call.reply("other"));
      assertThat(one.call(say, "a").messages).containsExactly("one");
      one.clock.runDue();
      assertThat(asked.get(0)).startsWith("get test.Echo/Say:");
      assertThat(asked.get(1)).startsWith("put test.Echo/Say:");
      assertThat(times.values())
          .as("for as long as it is of use")
          .containsExactly(Duration.ofMinutes(1));
      assertThat(other.call(say, "a").messages).containsExactly("one");
      assertThat(second.seen).isEmpty();
      assertThat(outcomes.get(1).cacheUse()).isEqualTo(CacheUse.HIT);
      assertThat(outcomes.get(1).cacheAge()).contains(Duration.ofSeconds(3));
      // Its age counts here too: 3 s of its 5 s were over.
      other.clock.advance(Duration.ofSeconds(2));
      assertThat(other.call(say, "a").messages).containsExactly("one");
      assertThat(asked).as("in memory by now").hasSize(3);
      other.clock.advance(Duration.ofMillis(1));
      assertThat(other.call(say, "a").messages).containsExactly("other");
    }
  }

  @Test
  void requestsAndTokensAreNotInTheKeys() {
    try (VirtualStack stack = stack(new Store())) {
      stack.serve((n, call) -> call.reply("one"));
      stack.call(say(fiveSeconds()), "a secret question");
      assertThat(asked).hasSize(2).noneMatch(key -> key.contains("secret"));
      assertThat(asked.get(0)).matches("get test\\.Echo/Say:[0-9a-f]{64}");
    }
  }

  @Test
  void aStampedeAsksTheStoreOnce() {
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    ResponseStore slow =
        new Store() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            answers.add(answer);
            return answer;
          }
        };
    MethodContract<StringValue, StringValue> say = say(fiveSeconds());
    try (VirtualStack stack = stack(slow)) {
      VirtualServer server = stack.serve((n, call) -> call.reply("one"));
      List<VirtualStack.Call> calls = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        calls.add(stack.begin(say, "a"));
      }
      assertThat(answers).hasSize(1);
      assertThat(server.seen).isEmpty();
      calls.get(0).call.cancel("gone", null); // while the store is asked
      answers.get(0).complete(null);
      calls
          .subList(1, 100)
          .forEach(call -> assertThat(call.untilItEnds().messages).containsExactly("one"));
      assertThat(server.seen).hasSize(1);
    }
  }

  @Test
  void whoCancelsWhileTheStoreIsAskedIsToldAtOnce() {
    ResponseStore silent =
        new Store() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            return new CompletableFuture<>();
          }
        };
    try (VirtualStack stack = stack(silent)) {
      VirtualServer server = stack.serve((n, call) -> call.reply("one"));
      VirtualStack.Call call = stack.begin(say(fiveSeconds()), "a");
      call.call.cancel("gone", null);
      stack.clock.runDue();
      assertThat(call.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      stack.clock.advance(Duration.ofSeconds(1));
      assertThat(server.seen).isEmpty();
    }
  }

  @Test
  void aStoreThatFailsIsAMissAndIsLeftAloneForASecond() {
    ResponseStore broken =
        new Store() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            asked.add("get");
            return CompletableFuture.failedFuture(new IllegalStateException("refused"));
          }

          @Override
          public CompletionStage<?> put(String key, byte[] value, Duration timeToLive) {
            asked.add("put");
            throw new IllegalStateException("no thread");
          }
        };
    MethodContract<StringValue, StringValue> say = say(fiveSeconds());
    try (LogCapture log = LogCapture.of(SharedResponses.class.getName());
        VirtualStack stack = stack(broken)) {
      stack.serve((n, call) -> call.reply(call.request + n));
      assertThat(stack.call(say, "a").messages).containsExactly("a1");
      assertThat(stack.call(say, "b").messages).containsExactly("b2");
      assertThat(stack.call(say, "a").messages).as("in memory").containsExactly("a1");
      assertThat(asked).containsExactly("get");
      stack.clock.advance(Duration.ofSeconds(1));
      assertThat(stack.call(say, "c").messages).containsExactly("c3");
      assertThat(asked).containsExactly("get", "get");
      assertThat(failures).containsExactly("get refused", "get refused");
      assertThat(log.warnings()).hasSize(1);
      assertThat(log.warnings().get(0))
          .isEqualTo(
              "the response store a store of the channel to memory:///echo failed at get; calls go to"
                  + " their servers, and it is asked again after 1s (1 failure so far)");
      stack.clock.advance(Duration.ofMinutes(1));
      stack.call(say, "d");
      assertThat(log.warnings()).hasSize(2);
      assertThat(log.warnings().get(1)).endsWith("(3 failures so far)");
      assertThat(uses()).contains(CacheUse.MISS);
    }
  }

  @Test
  void aStoreThatHangsCostsACallFiftyMilliseconds() {
    ResponseStore hanging =
        new Store() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            asked.add("get");
            return new CompletableFuture<>();
          }
        };
    MethodContract<StringValue, StringValue> say = say(fiveSeconds());
    try (VirtualStack stack = stack(hanging)) {
      stack.serve((n, call) -> call.reply(call.request + n));
      VirtualStack.Call first = stack.call(say, "a");
      assertThat(first.messages).containsExactly("a1");
      assertThat(first.took()).isBetween(Duration.ofMillis(50), Duration.ofMillis(60));
      VirtualStack.Call second = stack.call(say, "b");
      assertThat(second.took()).isLessThan(Duration.ofMillis(10));
      assertThat(failures).containsExactly("get no answer within 50ms");
      assertThat(asked).as("nor is anything put there").containsExactly("get");
    }
  }

  @Test
  void questionsWithoutAnAnswerAreBounded() {
    ResponseStore hanging =
        new Store() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            asked.add("get");
            return new CompletableFuture<>();
          }
        };
    MethodContract<StringValue, StringValue> say = say(fiveSeconds());
    try (VirtualStack stack = stack(hanging)) {
      stack.serve((n, call) -> call.reply("" + n));
      for (int i = 0; i < SharedResponses.MAX_PENDING + 50; i++) {
        assertThat(stack.call(say, "r" + i).messages).hasSize(1);
        stack.clock.advance(Duration.ofSeconds(2));
      }
      assertThat(asked).hasSize(SharedResponses.MAX_PENDING);
    }
  }

  @Test
  void aValueThatCannotBeReadIsAMiss() {
    MethodContract<StringValue, StringValue> say = say(fiveSeconds());
    List<byte[]> values = new ArrayList<>();
    values.add(new byte[0]);
    values.add(new byte[] {1, 0, 0});
    byte[] garbage = new byte[30];
    garbage[0] = 1;
    garbage[17] = (byte) 0xff;
    values.add(garbage);
    for (byte[] value : values) {
      failures.clear();
      ResponseStore wrong =
          new Store() {
            @Override
            public CompletionStage<byte @Nullable []> get(String key) {
              return CompletableFuture.completedFuture(value);
            }
          };
      try (VirtualStack stack = stack(wrong)) {
        stack.serve((n, call) -> call.reply("right"));
        assertThat(stack.call(say, "a").messages).containsExactly("right");
        assertThat(failures).hasSize(1);
      }
    }
    // That of a later release is none of our business, and no failure.
    failures.clear();
    ResponseStore later =
        new Store() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            return CompletableFuture.completedFuture(new byte[] {2, 9, 9});
          }
        };
    try (VirtualStack stack = stack(later)) {
      stack.serve((n, call) -> call.reply("right"));
      assertThat(stack.call(say, "a").messages).containsExactly("right");
      assertThat(failures).isEmpty();
    }
  }

  /** On a real channel: the thread that the store keeps is not one that a call needs. */
  @Test
  void aStoreThatBlocksItsThreadHoldsNoCallUp() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    ResponseStore blocking =
        new ResponseStore() {
          @Override
          public CompletionStage<byte @Nullable []> get(String key) {
            try {
              if (!release.await(100, TimeUnit.SECONDS)) {
                throw new AssertionError("not released");
              }
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletionStage<?> put(String key, byte[] value, Duration timeToLive) {
            return CompletableFuture.completedFuture(null);
          }
        };
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("one"));
        RpcChannel channel = RpcChannel.to(server.target()).responseStore(blocking).build()) {
      assertThat(ScriptedServer.call(channel, say(fiveSeconds()), "a")).isEqualTo("one");
    } finally {
      release.countDown();
    }
  }
}
