package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.StringValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CallOutcome.CacheUse;
import io.fairlead.observe.FallbackKind;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which calls are answered without a server, for how long, and what equal calls share. */
@Timeout(120)
class ResponseCacheTest {
  private static final Metadata.Key<String> CACHE_CONTROL =
      Metadata.Key.of("cache-control", Metadata.ASCII_STRING_MARSHALLER);

  private final List<CallOutcome> outcomes = new ArrayList<>();
  private final CallObserver observer = outcomes::add;

  private static CachePolicy.Builder fiveSeconds() {
    return CachePolicy.builder().ttl(Duration.ofSeconds(5));
  }

  private static MethodContract<StringValue, StringValue> say(CachePolicy cache) {
    return say(MethodPolicy.builder().cache(cache).build());
  }

  private static MethodContract<StringValue, StringValue> say(MethodPolicy policy) {
    return MethodContract.unary(
            ScriptedServer.SERVICE,
            "Say",
            StringValue.getDefaultInstance(),
            StringValue.getDefaultInstance())
        .noSideEffects()
        .policy(policy)
        .build();
  }

  private VirtualStack stack() {
    return new VirtualStack(config -> config.observers.add(observer));
  }

  private List<CacheUse> uses() {
    return outcomes.stream().map(CallOutcome::cacheUse).toList();
  }

  private static VirtualServer.Script numbered() {
    return (n, call) -> call.reply(call.request + n);
  }

  /** Never answers; a test does. */
  private static final VirtualServer.Script HELD = (n, call) -> {};

  private static Channel with(Channel channel, String header, String value) {
    return CallSettings.builder().header(header, value).build().over(channel);
  }

  @Test
  void anEqualCallIsAnsweredWithoutAServerUntilTheTimeIsOver() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(numbered());
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      assertThat(stack.call(say, "a").messages).containsExactly("a1");
      stack.clock.advance(Duration.ofSeconds(5).minus(stack.clock.elapsed()));
      assertThat(stack.call(say, "a").messages).containsExactly("a1");
      assertThat(stack.call(say, "b").messages).containsExactly("b2");
      stack.clock.advance(Duration.ofSeconds(1));
      assertThat(stack.call(say, "a").messages).containsExactly("a3");
      assertThat(server.seen).hasSize(3);
      assertThat(uses()).containsExactly(CacheUse.MISS, CacheUse.HIT, CacheUse.MISS, CacheUse.MISS);
      CallOutcome hit = outcomes.get(1);
      assertThat(hit.code()).isEqualTo(Code.OK);
      assertThat(hit.attempts()).isEmpty();
      assertThat(hit.cacheAge().orElseThrow())
          .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(5));
      assertThat(CallExplanation.of(hit).text()).contains("\n  from cache, ").contains(" old\n");
      assertThat(outcomes.get(0).attempts()).hasSize(1);
      assertThat(CallExplanation.of(outcomes.get(0)).text()).contains("\n  not in the cache\n");
    }
  }

  @Test
  void aNewResponseIsFreshForTheWholeTimeAgain() {
    try (VirtualStack stack = stack()) {
      stack.serve(numbered());
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      stack.call(say, "a");
      stack.clock.advance(Duration.ofSeconds(6));
      assertThat(stack.call(say, "a").messages).containsExactly("a2");
      stack.clock.advance(Duration.ofSeconds(4));
      assertThat(stack.call(say, "a").messages).containsExactly("a2");
    }
  }

  @Test
  void theResponseForOneCallerDoesNotReachAnother() {
    try (VirtualStack stack = stack()) {
      stack.serve((n, call) -> call.reply("for " + call.header("authorization")));
      MethodContract<StringValue, StringValue> say =
          say(
              MethodPolicy.builder()
                  .authScopes("read")
                  .cache(fiveSeconds().vary("Authorization").build())
                  .build());
      Channel ann = with(stack, "authorization", "ann");
      Channel bob = with(stack, "authorization", "bob");
      for (int round = 0; round < 2; round++) {
        assertThat(stack.begin(ann, say, CallOptions.DEFAULT, "x").untilItEnds().messages)
            .containsExactly("for ann");
        assertThat(stack.begin(bob, say, CallOptions.DEFAULT, "x").untilItEnds().messages)
            .containsExactly("for bob");
        assertThat(stack.call(say, "x").messages).containsExactly("for null");
      }
      assertThat(stack.servers.get(0).seen).hasSize(3);
    }
  }

  @Test
  void noTwoListsOfHeadersLookTheSame() {
    CachePolicy policy = fiveSeconds().vary("a", "b").build();
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(numbered());
      MethodContract<StringValue, StringValue> say = say(policy);
      List<Channel> views =
          List.of(
              with(stack, "a", "12"),
              with(with(stack, "a", "1"), "a", "2"),
              with(with(stack, "a", "1"), "b", "2"),
              with(stack, "b", "12"),
              with(stack, "a", "1:1"));
      views.forEach(view -> stack.begin(view, say, CallOptions.DEFAULT, "x").untilItEnds());
      assertThat(server.seen).hasSize(views.size());
      // A header that is not named divides nothing.
      stack.begin(with(views.get(0), "c", "9"), say, CallOptions.DEFAULT, "x").untilItEnds();
      assertThat(server.seen).hasSize(views.size());
    }
  }

  @Test
  void equalMapsAreEqualRequests() {
    Value one = Value.newBuilder().setNumberValue(1).build();
    Value two = Value.newBuilder().setNumberValue(2).build();
    Struct.Builder forth = Struct.newBuilder();
    Struct.Builder back = Struct.newBuilder();
    for (int i = 0; i < 50; i++) {
      forth.putFields("k" + i, one);
      back.putFields("k" + (49 - i), one);
    }
    ByteString key = CacheLayer.keyOf(forth.build(), "");
    assertThat(CacheLayer.keyOf(back.build(), "")).isEqualTo(key);
    assertThat(CacheLayer.keyOf(back.putFields("k7", two).build(), "")).isNotEqualTo(key);
    assertThat(CacheLayer.keyOf(forth.build(), "1:a;")).isNotEqualTo(key);
  }

  @Test
  void theLeastRecentlyUsedResponseGoesFirst() {
    try (VirtualStack stack = stack()) {
      stack.serve(numbered());
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().maxEntries(2).build());
      stack.call(say, "a");
      stack.call(say, "b");
      assertThat(stack.call(say, "a").messages).containsExactly("a1");
      stack.call(say, "c");
      assertThat(stack.call(say, "a").messages).containsExactly("a1");
      assertThat(stack.call(say, "c").messages).containsExactly("c3");
      assertThat(stack.call(say, "b").messages).containsExactly("b4");
    }
  }

  @Test
  void largeResponsesDoNotFillTheMemory() {
    try (VirtualStack stack = stack()) {
      stack.serve((n, call) -> call.reply(call.request.equals("small") ? "s" : "x".repeat(30_000)));
      MethodContract<StringValue, StringValue> say =
          say(fiveSeconds().maxBytes(100_000).maxEntries(1000).build());
      for (String text : List.of("a", "b", "c", "d")) {
        stack.call(say, text);
      }
      outcomes.clear();
      for (String text : List.of("d", "c", "b", "a")) {
        stack.call(say, text);
      }
      assertThat(uses()).containsExactly(CacheUse.HIT, CacheUse.HIT, CacheUse.HIT, CacheUse.MISS);
    }
  }

  @Test
  void theServerSaysThatAResponseIsNotToBeKept() {
    try (VirtualStack stack = stack()) {
      stack.serve(
          (n, call) -> {
            Metadata headers = new Metadata();
            headers.put(CACHE_CONTROL, call.request);
            call.begin(headers);
            call.reply("" + n);
          });
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      for (String not :
          List.of("no-store", "private, No-Store", "no-cache", "max-age=0", "max-age=soon")) {
        outcomes.clear();
        stack.call(say, not);
        stack.call(say, not);
        assertThat(uses()).as(not).containsExactly(CacheUse.MISS, CacheUse.MISS);
      }
      for (String kept : List.of("max-age=60", "public")) {
        outcomes.clear();
        stack.call(say, kept);
        stack.clock.advance(Duration.ofSeconds(4));
        stack.call(say, kept);
        stack.clock.advance(Duration.ofSeconds(2));
        stack.call(say, kept);
        assertThat(uses())
            .as("no longer than the contract says: " + kept)
            .containsExactly(CacheUse.MISS, CacheUse.HIT, CacheUse.MISS);
      }
      outcomes.clear();
      stack.call(say, "max-age=2");
      stack.clock.advance(Duration.ofSeconds(3));
      stack.call(say, "max-age=2");
      assertThat(uses()).containsExactly(CacheUse.MISS, CacheUse.MISS);
    }
  }

  @Test
  void aFailureIsNotKept() {
    try (VirtualStack stack = stack()) {
      stack.serve(
          (n, call) -> {
            if (n == 1) {
              call.fail(Status.NOT_FOUND);
            } else {
              call.reply("found");
            }
          });
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      assertThat(stack.call(say, "a").status().getCode()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(stack.call(say, "a").messages).containsExactly("found");
    }
  }

  @Test
  void aThousandEqualCallsMakeOne() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      List<VirtualStack.Call> calls = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        calls.add(stack.begin(say, "a"));
      }
      assertThat(server.seen).hasSize(1);
      server.seen.get(0).reply("one");
      calls.forEach(call -> assertThat(call.untilItEnds().messages).containsExactly("one"));
      assertThat(server.seen).hasSize(1);
      assertThat(uses().stream().filter(CacheUse.JOINED::equals)).hasSize(999);
      assertThat(uses()).containsOnlyOnce(CacheUse.MISS);
      assertThat(outcomes.stream().mapToInt(outcome -> outcome.attempts().size()).sum())
          .as("the attempt is told once")
          .isEqualTo(1);
    }
  }

  /** Whenever a call comes, it joins or finds the response: in between there is no gap. */
  @Test
  void aThousandCallsOfManyThreadsMakeOne() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("n" + n));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      MethodContract<StringValue, StringValue> say =
          say(CachePolicy.builder().ttl(Duration.ofHours(1)).build());
      for (int round = 1; round <= 20; round++) {
        String request = "r" + round;
        List<Callable<String>> calls = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          calls.add(() -> ScriptedServer.call(channel, say, request));
        }
        for (Future<String> each : threads.invokeAll(calls)) {
          assertThat(each.get()).isEqualTo("n" + round);
        }
        assertThat(server.seen).hasSize(round);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void equalCallsGoApartWhereThePolicySaysSo() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().sharedFlight(false).build());
      VirtualStack.Call first = stack.begin(say, "a");
      VirtualStack.Call second = stack.begin(say, "a");
      assertThat(server.seen).hasSize(2);
      server.seen.get(1).reply("two");
      server.seen.get(0).reply("one");
      assertThat(first.untilItEnds().messages).containsExactly("one");
      assertThat(second.untilItEnds().messages).containsExactly("two");
      assertThat(stack.call(say, "a").messages).hasSize(1);
      assertThat(server.seen).hasSize(2);
    }
  }

  @Test
  void whoLeavesDoesNotHarmTheOthers() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      VirtualStack.Call founder = stack.begin(say, "a");
      VirtualStack.Call second = stack.begin(say, "a");
      VirtualStack.Call third = stack.begin(say, "a");
      founder.call.cancel("not needed", null);
      third.call.cancel("nor this", null);
      stack.clock.runDue();
      assertThat(founder.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(founder.status().getDescription()).startsWith("not needed");
      assertThat(third.status().getDescription()).startsWith("nor this");
      assertThat(server.seen.get(0).cancelled).isFalse();
      server.seen.get(0).reply("one");
      assertThat(second.untilItEnds().messages).containsExactly("one");
      assertThat(server.seen).hasSize(1);
      assertThat(outcomes.get(2).attempts()).as("who is left tells of the attempt").hasSize(1);
    }
  }

  @Test
  void theLastOneToLeaveCancelsTheCall() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      VirtualStack.Call first = stack.begin(say, "a");
      VirtualStack.Call second = stack.begin(say, "a");
      first.call.cancel("one", null);
      second.call.cancel("two", null);
      assertThat(first.untilItEnds().status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(second.untilItEnds().status().getCode()).isEqualTo(Status.Code.CANCELLED);
      stack.clock.runDue();
      assertThat(server.seen.get(0).cancelled).isTrue();
      // Who comes then begins anew.
      VirtualStack.Call third = stack.begin(say, "a");
      server.seen.get(1).reply("new");
      assertThat(third.untilItEnds().messages).containsExactly("new");
    }
  }

  @Test
  void aCallThatJoinsKeepsItsOwnDeadline() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      VirtualStack.Call patient = stack.begin(say, "a");
      VirtualStack.Call hasty =
          stack.begin(
              stack,
              say,
              CallOptions.DEFAULT.withDeadline(stack.deadline(Duration.ofMillis(100))),
              "a");
      hasty.untilItEnds();
      assertThat(hasty.took()).isEqualTo(Duration.ofMillis(100));
      assertThat(hasty.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(CallExplanation.of(hasty.failure()).orElseThrow().text())
          .contains("no response within 100ms")
          .contains("it waited for an equal call, which goes on for others");
      assertThat(patient.over()).isFalse();
      server.seen.get(0).reply("late");
      assertThat(patient.untilItEnds().messages).containsExactly("late");
    }
  }

  @Test
  void theDeadlineOfTheFirstCallIsNotThatOfTheOthers() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      VirtualStack.Call hasty =
          stack.begin(
              stack,
              say,
              CallOptions.DEFAULT.withDeadline(stack.deadline(Duration.ofMillis(100))),
              "a");
      VirtualStack.Call patient =
          stack.begin(
              stack,
              say,
              CallOptions.DEFAULT.withDeadline(stack.deadline(Duration.ofSeconds(1))),
              "a");
      assertThat(hasty.untilItEnds().status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      stack.clock.runDue();
      assertThat(patient.over()).isFalse();
      assertThat(server.seen).as("the patient one has begun a call of its own").hasSize(2);
      server.seen.get(1).reply("in time");
      assertThat(patient.untilItEnds().messages).containsExactly("in time");
    }
  }

  /** A server that answers nobody gets one call for all of these, and not one after the other. */
  @Test
  void aStampedeOnAServerThatHangsMakesOneCall() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say =
          say(
              MethodPolicy.builder()
                  .deadline(Duration.ofMillis(300))
                  .cache(fiveSeconds().build())
                  .build());
      List<VirtualStack.Call> calls = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        calls.add(stack.begin(say, "a"));
        stack.clock.advance(Duration.ofMillis(1));
      }
      calls.forEach(
          call ->
              assertThat(call.untilItEnds().status().getCode())
                  .isEqualTo(Status.Code.DEADLINE_EXCEEDED));
      assertThat(server.seen).hasSize(1);
    }
  }

  @Test
  void theEndOfTheInboundCallEndsTheWait() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      Context.CancellableContext inbound = Context.ROOT.withCancellation();
      List<VirtualStack.Call> founder = new ArrayList<>();
      inbound.run(() -> founder.add(stack.begin(say, "a")));
      VirtualStack.Call other = stack.begin(say, "a");
      inbound.cancel(new IllegalStateException("its caller has gone"));
      stack.clock.runDue();
      assertThat(founder.get(0).status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(server.seen.get(0).cancelled).isFalse();
      server.seen.get(0).reply("one");
      assertThat(other.untilItEnds().messages).containsExactly("one");
    }
  }

  @Test
  void aFailureReachesAllWhoWaited() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      VirtualStack.Call first = stack.begin(say, "a");
      VirtualStack.Call second = stack.begin(say, "a");
      server.seen.get(0).fail(Status.INTERNAL.withDescription("broken"));
      for (VirtualStack.Call call : List.of(first, second)) {
        assertThat(call.untilItEnds().status().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(call.status().getDescription()).startsWith("broken");
      }
      assertThat(CallExplanation.of(first.failure()).orElseThrow().outcome().attempts()).hasSize(1);
      assertThat(CallExplanation.of(second.failure()).orElseThrow().text())
          .contains("joined an equal call, which has the attempts");
    }
  }

  @Test
  void aCallerThatThrowsDoesNotHarmTheOthers() {
    Executor direct = Runnable::run;
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(HELD);
      MethodContract<StringValue, StringValue> say = say(fiveSeconds().build());
      ClientCall<StringValue, StringValue> bad =
          stack.newCall(say.descriptor(), CallOptions.DEFAULT.withExecutor(direct));
      bad.start(
          new ClientCall.Listener<>() {
            @Override
            public void onMessage(StringValue message) {
              throw new IllegalStateException("a caller's mistake");
            }
          },
          new Metadata());
      bad.request(2);
      bad.sendMessage(StringValue.of("a"));
      bad.halfClose();
      VirtualStack.Call good = stack.begin(say, "a");
      server.seen.get(0).reply("one");
      assertThat(good.untilItEnds().messages).containsExactly("one");
    }
  }

  @Test
  void whoeverWantsOneEndpointOrANewResponseGetsIt() {
    try (VirtualStack stack = stack()) {
      VirtualServer server = stack.serve(numbered());
      MethodContract<StringValue, StringValue> say =
          say(fiveSeconds().vary("authorization").build());
      stack.call(say, "a");
      Channel toOne = CallSettings.builder().endpoint(server.target()).build().over(stack);
      List<Channel> views = List.of(toOne, with(stack, "cache-control", "no-cache"));
      outcomes.clear();
      for (Channel view : views) {
        stack.begin(view, say, CallOptions.DEFAULT, "a").untilItEnds();
      }
      // Its token is not known before an attempt is made.
      CallCredentials credentials =
          new CallCredentials() {
            @Override
            public void applyRequestMetadata(
                RequestInfo info, Executor executor, MetadataApplier applier) {
              applier.apply(new Metadata());
            }
          };
      stack
          .begin(stack, say, CallOptions.DEFAULT.withCallCredentials(credentials), "a")
          .untilItEnds();
      assertThat(server.seen).hasSize(4);
      assertThat(uses()).hasSize(3).containsOnly(CacheUse.BYPASSED);
    }
  }

  @Test
  void aStaleResponseStandsInForAFailureOfAnEqualCallOnly() {
    boolean[] down = new boolean[1];
    List<CallOutcome> replaced = new ArrayList<>();
    CallObserver ofFallbacks =
        new CallObserver() {
          @Override
          public void callEnded(CallOutcome outcome) {}

          @Override
          public void fallbackServed(CallOutcome failure, FallbackKind kind) {
            replaced.add(failure);
          }
        };
    try (VirtualStack stack =
        new VirtualStack(
            config -> {
              config.observers.add(observer);
              config.observers.add(ofFallbacks);
            })) {
      stack.serve(
          (n, call) -> {
            if (down[0]) {
              call.fail(Status.INTERNAL.withDescription("down"));
            } else {
              call.reply(call.request + n);
            }
          });
      MethodContract<StringValue, StringValue> say =
          say(fiveSeconds().staleIfError(Duration.ofSeconds(60)).vary("authorization").build());
      Channel ann = with(stack, "authorization", "ann");
      stack.begin(ann, say, CallOptions.DEFAULT, "a").untilItEnds();
      down[0] = true;
      stack.clock.advance(Duration.ofSeconds(50));
      assertThat(stack.begin(ann, say, CallOptions.DEFAULT, "a").untilItEnds().messages)
          .containsExactly("a1");
      assertThat(stack.call(say, "a").status().getCode())
          .as("another caller")
          .isEqualTo(Status.Code.INTERNAL);
      stack.clock.advance(Duration.ofSeconds(11));
      assertThat(stack.begin(ann, say, CallOptions.DEFAULT, "a").untilItEnds().status().getCode())
          .isEqualTo(Status.Code.INTERNAL);
      assertThat(stack.factory.fallbacksServed()).isEqualTo(1);
      assertThat(outcomes.get(1).cacheUse()).as("what became of the call").isEqualTo(CacheUse.MISS);
      CallOutcome stale = replaced.get(0);
      assertThat(replaced).hasSize(1);
      assertThat(stale.code()).isEqualTo(Code.INTERNAL);
      assertThat(stale.cacheUse()).isEqualTo(CacheUse.STALE);
      assertThat(stale.cacheAge().orElseThrow())
          .isBetween(Duration.ofSeconds(50), Duration.ofSeconds(51));
      assertThat(CallExplanation.of(stale).text())
          .contains("\n  from cache in place of the failure, ")
          .contains(" old\n");
    }
  }

  /** Such a method need not be free of side effects: each call goes to a server. */
  @Test
  void responsesForFailuresAloneAnswerNoCall() {
    try (VirtualStack stack = stack()) {
      VirtualServer server =
          stack.serve(
              (n, call) -> {
                if (n == 3) {
                  call.fail(Status.INTERNAL);
                } else {
                  call.reply("r" + n);
                }
              });
      MethodContract<StringValue, StringValue> say =
          ScriptedServer.say(
              MethodPolicy.builder()
                  .cache(CachePolicy.builder().staleIfError(Duration.ofSeconds(10)).build())
                  .build(),
              false);
      assertThat(stack.call(say, "a").messages).containsExactly("r1");
      assertThat(stack.call(say, "a").messages).containsExactly("r2");
      assertThat(stack.call(say, "a").messages).containsExactly("r2");
      assertThat(server.seen).hasSize(3);
    }
  }

  @Test
  void livePoliciesSwitchItOnAndOff() {
    MutablePolicySource live = new MutablePolicySource();
    try (VirtualStack stack = new VirtualStack(config -> config.policySource = live)) {
      VirtualServer server = stack.serve(numbered());
      MethodContract<StringValue, StringValue> say = say(MethodPolicy.empty());
      stack.call(say, "a");
      stack.call(say, "a");
      assertThat(server.seen).hasSize(2);
      live.set("test.Echo/Say", MethodPolicy.builder().cache(fiveSeconds().build()).build());
      stack.call(say, "a");
      assertThat(stack.call(say, "a").messages).containsExactly("a3");
      // A change of something else leaves what is kept.
      live.set(
          "test.Echo/Say",
          MethodPolicy.builder()
              .cache(fiveSeconds().build())
              .deadline(Duration.ofSeconds(9))
              .build());
      assertThat(stack.call(say, "a").messages).containsExactly("a3");
      live.remove("test.Echo/Say");
      assertThat(stack.call(say, "a").messages).containsExactly("a4");
    }
  }

  private static void refused(MethodContract<StringValue, StringValue> method, String sentence) {
    try (VirtualStack stack = new VirtualStack()) {
      assertThatThrownBy(() -> stack.newCall(method.descriptor(), CallOptions.DEFAULT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(method.fullName() + " cannot have cache for 5s, ")
          .hasMessageContaining(sentence);
    }
  }

  @Test
  void whatCannotBeKeptIsRefusedWithTheWayOut() {
    MethodPolicy cached = MethodPolicy.builder().cache(fiveSeconds().build()).build();
    refused(
        ScriptedServer.say(cached, true),
        "the method is not marked NO_SIDE_EFFECTS, so a server must hear of each call; mark it with"
            + " idempotency_level in the contract, or state staleIfError without ttl");
    refused(ScriptedServer.watch(cached), "the method is a stream");
    refused(
        say(cached.toBuilder().authScopes("read").build()),
        "a response for one caller must not reach another; add \"authorization\" to vary");
    refused(
        say(cached.toBuilder().publicAccess(false).build()),
        "a response for one caller must not reach another; add \"authorization\" to vary");
    refused(
        say(cached.toBuilder().failureMode(FailureMode.BROADCAST).build()),
        "each endpoint has a response of its own");
  }

  @Test
  void aPolicyThatWouldDoNothingIsRefused() {
    assertThatThrownBy(() -> CachePolicy.builder().build())
        .hasMessageContaining("neither ttl nor staleIfError");
    assertThatThrownBy(() -> fiveSeconds().staleIfError(Duration.ofSeconds(1)).build())
        .hasMessageContaining("staleIfError 1s is below cache.ttl 5s");
    assertThatThrownBy(() -> fiveSeconds().vary("x-token-bin").build())
        .hasMessageContaining("cache.vary");
    assertThatThrownBy(() -> fiveSeconds().maxEntries(0).build())
        .hasMessageContaining("cache.maxEntries");
    assertThatThrownBy(() -> fiveSeconds().maxBytes(0).build())
        .hasMessageContaining("cache.maxBytes");
    assertThatThrownBy(() -> CachePolicy.builder().ttl(Duration.ZERO).build())
        .hasMessageContaining("cache.ttl");
  }

  /** The attempts of a call that several wait for are retried once for all. */
  @Test
  void retriesOfTheCallAreForAll() {
    AtomicInteger attempts = new AtomicInteger();
    try (VirtualStack stack = stack()) {
      stack.serve(
          (n, call) -> {
            if (attempts.incrementAndGet() == 1) {
              call.fail(Status.UNAVAILABLE);
            } else {
              call.reply("second");
            }
          });
      MethodContract<StringValue, StringValue> say =
          say(
              MethodPolicy.builder()
                  .retry(RetryPolicy.builder().attempts(2).build())
                  .cache(fiveSeconds().build())
                  .build());
      VirtualStack.Call first = stack.begin(say, "a");
      VirtualStack.Call second = stack.begin(say, "a");
      assertThat(first.untilItEnds().messages).containsExactly("second");
      assertThat(second.untilItEnds().messages).containsExactly("second");
      assertThat(attempts).hasValue(2);
      assertThat(
              outcomes.stream()
                  .flatMap(outcome -> outcome.attempts().stream())
                  .map(AttemptOutcome::code))
          .containsExactly(Code.UNAVAILABLE, Code.OK);
      stack.clock.advance(Duration.ofNanos(TimeUnit.SECONDS.toNanos(1)));
      assertThat(stack.call(say, "a").messages).containsExactly("second");
    }
  }
}
