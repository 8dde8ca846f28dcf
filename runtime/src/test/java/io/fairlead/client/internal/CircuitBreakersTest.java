package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.discovery.Registration;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.CircuitBreakerStatus.Phase;
import io.fairlead.observe.CircuitBreakerStatus.Scope;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The breakers of methods and of endpoints, on real calls; their time is the test's. */
@Timeout(60)
class CircuitBreakersTest {
  private static final CircuitBreakerPolicy TOUCHY =
      CircuitBreakerPolicy.builder()
          .minimumSamples(2)
          .openFor(Duration.ofSeconds(5))
          .probes(1)
          .build();
  private static final MethodPolicy OF_METHOD =
      MethodPolicy.builder()
          .deadline(Duration.ofSeconds(30))
          .breaker(TOUCHY)
          .endpointBreaker(CircuitBreakerPolicy.off())
          .maxRequestBytes(1_000)
          .build();
  private static final MethodPolicy OF_ENDPOINT =
      MethodPolicy.builder()
          .deadline(Duration.ofSeconds(30))
          .breaker(CircuitBreakerPolicy.off())
          .endpointBreaker(TOUCHY)
          .build();

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final AtomicBoolean down = new AtomicBoolean(true);

  @AfterEach
  void close() {
    registry.close();
  }

  private void answer(int number, ScriptedServer.Exchange call) {
    if (down.get()) {
      call.fail(Status.INTERNAL.withDescription("disk full"));
    } else {
      call.reply("ok");
    }
  }

  private static OpenStack to(ScriptedServer server) {
    return new OpenStack(server.target(), channelConfig -> {});
  }

  private static StatusRuntimeException failure(
      OpenStack channel, MethodContract<StringValue, StringValue> say, String text) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> ScriptedServer.call(channel, say, text));
  }

  private static Phase phase(OpenStack channel) {
    assertThat(channel.factory.breakers()).hasSize(1);
    return channel.factory.breakers().get(0).phase();
  }

  private static void assertRejectedByBreaker(Throwable failure) {
    assertThat(CallExplanation.of(failure).orElseThrow().outcome().rejectedByBreaker()).isTrue();
  }

  @Test
  void aMethodThatFailsIsNotCalledAndTheMessageSaysWhy() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    try (ScriptedServer server = ScriptedServer.start(this::answer);
        OpenStack channel = to(server)) {
      assertThat(failure(channel, say, "x")).hasMessage("INTERNAL: disk full");
      assertThat(failure(channel, say, "x")).hasMessage("INTERNAL: disk full");
      assertThat(failure(channel, say, "x"))
          .hasMessageStartingWith(
              "UNAVAILABLE: the circuit breaker of test.Echo/Say is open: 2 of 2 calls failed, the"
                  + " last with INTERNAL (disk full); tries again in 5s; test.Echo/Say failed after"
                  + " ")
          .satisfies(CircuitBreakersTest::assertRejectedByBreaker);
      assertThat(server.seen).hasSize(2);
      assertThat(channel.factory.breakers())
          .containsExactly(
              new CircuitBreakerStatus(
                  Scope.METHOD,
                  "test.Echo/Say",
                  Phase.OPEN,
                  "open: 2 of 2 calls failed, the last with INTERNAL (disk full); tries again in"
                      + " 5s"));
    }
  }

  @Test
  void rejectedCallIsNotAProbe() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    CountDownLatch arrived = new CountDownLatch(1);
    ScriptedServer.Exchange[] probe = new ScriptedServer.Exchange[1];
    ScriptedServer.Script script =
        (n, call) -> {
          if (n <= 2) {
            call.fail(Status.INTERNAL);
          } else {
            probe[0] = call;
            arrived.countDown();
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        OpenStack channel = to(server)) {
      failure(channel, say, "x");
      failure(channel, say, "x");
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));

      // Refused for its size, which tells nothing of the server.
      assertThat(failure(channel, say, "x".repeat(2_000)))
          .hasMessageContaining("larger than maxRequestBytes");
      assertThat(phase(channel)).isEqualTo(Phase.HALF_OPEN);

      CountDownLatch answered = new CountDownLatch(1);
      ClientCall<StringValue, StringValue> unused = start(channel, say, answered);
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      // The only probe is under way, so this one is refused, and must not open the breaker again.
      assertThat(failure(channel, say, "x"))
          .hasMessageContaining("half open: 0 of 1 probe succeeded, 1 sent");
      assertThat(phase(channel)).isEqualTo(Phase.HALF_OPEN);

      probe[0].reply("ok");
      assertThat(answered.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(phase(channel)).isEqualTo(Phase.CLOSED);
    }
  }

  @Test
  void aProbeThatCannotBeginIsGivenBack() throws Exception {
    MethodContract<StringValue, StringValue> say =
        MethodContract.unary(
                ScriptedServer.SERVICE,
                "Say",
                StringValue.getDefaultInstance(),
                StringValue.getDefaultInstance())
            .hashKey(request -> Integer.valueOf(request.getValue()))
            .policy(OF_METHOD)
            .build();
    try (ScriptedServer server = ScriptedServer.start(this::answer);
        OpenStack channel = to(server)) {
      failure(channel, say, "1");
      failure(channel, say, "2");
      down.set(false);
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));
      assertThatThrownBy(() -> ScriptedServer.call(channel, say, "no number"))
          .isInstanceOf(NumberFormatException.class);
      assertThat(ScriptedServer.call(channel, say, "3")).isEqualTo("ok");
      assertThat(phase(channel)).isEqualTo(Phase.CLOSED);
    }
  }

  @Test
  void aCallCancelledBeforeItBeganDoesNotLetASecondProbePass() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    CountDownLatch arrived = new CountDownLatch(1);
    try (ScriptedServer server = ScriptedServer.start(silentAfterTwoFailures(arrived));
        OpenStack channel = to(server)) {
      failure(channel, say, "x");
      failure(channel, say, "x");
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));
      ClientCall<StringValue, StringValue> unused = start(channel, say, new CountDownLatch(1));
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();

      CountDownLatch over = new CountDownLatch(1);
      ClientCall<StringValue, StringValue> unbegun = open(channel, say, over);
      unbegun.cancel("not wanted", null);
      assertThat(over.await(30, TimeUnit.SECONDS)).isTrue();

      assertThat(channel.factory.breakers().get(0).description()).endsWith("1 sent");
    }
  }

  @Test
  void aPinnedCallThatIsCancelledDoesNotLetASecondProbePass() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_ENDPOINT, true);
    CountDownLatch arrived = new CountDownLatch(2);
    try (ScriptedServer server = ScriptedServer.start(silentAfterTwoFailures(arrived));
        OpenStack channel =
            new OpenStack("memory:///echo", channelConfig -> channelConfig.registry = registry)) {
      registry.register("echo", Endpoint.of("bad", "127.0.0.1", server.port()));
      failure(channel, say, "x");
      failure(channel, say, "x");
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));
      ClientCall<StringValue, StringValue> unused = start(channel, say, new CountDownLatch(1));

      CountDownLatch over = new CountDownLatch(1);
      Channel pinned = CallSettings.builder().endpoint("bad").build().over(channel);
      ClientCall<StringValue, StringValue> call = start(pinned, say, over);
      assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
      call.cancel("not wanted", null);
      assertThat(over.await(30, TimeUnit.SECONDS)).isTrue();

      assertThat(channel.factory.breakers().get(0).description()).endsWith("1 sent");
    }
  }

  private static ScriptedServer.Script silentAfterTwoFailures(CountDownLatch arrived) {
    return (n, call) -> {
      if (n <= 2) {
        call.fail(Status.INTERNAL);
      } else {
        arrived.countDown();
      }
    };
  }

  private static ClientCall<StringValue, StringValue> start(
      Channel channel, MethodContract<StringValue, StringValue> say, CountDownLatch answered) {
    ClientCall<StringValue, StringValue> call = open(channel, say, answered);
    call.request(2);
    call.sendMessage(StringValue.of("probe"));
    call.halfClose();
    return call;
  }

  private static ClientCall<StringValue, StringValue> open(
      Channel channel, MethodContract<StringValue, StringValue> say, CountDownLatch answered) {
    ClientCall<StringValue, StringValue> call =
        channel.newCall(say.descriptor(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            answered.countDown();
          }
        },
        new Metadata());
    return call;
  }

  @Test
  void callsThatNeverLeftDoNotOpenTheBreakerOfTheMethod() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (OpenStack channel = new OpenStack("127.0.0.1:" + free, channelConfig -> {})) {
      for (int i = 0; i < 5; i++) {
        assertThat(failure(channel, say, "x")).hasMessageContaining("Connection refused");
      }
      assertThat(phase(channel)).isEqualTo(Phase.CLOSED);
    }
  }

  @Test
  void aProbeThatNeverLeftIsGivenBack() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    CallSettings nowhere = CallSettings.builder().endpoint("nowhere").build();
    try (ScriptedServer server = ScriptedServer.start(this::answer);
        OpenStack channel = to(server)) {
      failure(channel, say, "x");
      failure(channel, say, "x");
      assertThat(phase(channel)).isEqualTo(Phase.OPEN);
      down.set(false);
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));

      assertThatThrownBy(() -> ScriptedServer.call(nowhere.over(channel), say, "x"))
          .hasMessageContaining("not in the list");
      assertThat(phase(channel)).isEqualTo(Phase.HALF_OPEN);
      assertThat(ScriptedServer.call(channel, say, "probe")).isEqualTo("ok");
      assertThat(phase(channel)).isEqualTo(Phase.CLOSED);
    }
  }

  @Test
  void anOpenBreakerKeepsTheTextOfTheFirstCause() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    ScriptedServer.Script script =
        (n, call) ->
            call.fail(Status.INTERNAL.withDescription(n <= 2 ? "disk full" : "still starting"));
    try (ScriptedServer server = ScriptedServer.start(script);
        OpenStack channel = to(server)) {
      failure(channel, say, "x");
      failure(channel, say, "x");
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));
      failure(channel, say, "x");
      assertThat(failure(channel, say, "x"))
          .hasMessageContaining(
              "is open: 1 of 1 call failed, the last with INTERNAL (still starting), the first with"
                  + " INTERNAL (disk full); tries again in 5s");
    }
  }

  @Test
  void endpointBreakerSurvivesARegistryUpdate() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_ENDPOINT, true);
    try (ScriptedServer bad = ScriptedServer.start(this::answer);
        Registration registration =
            registry.register("echo", Endpoint.of("bad", "127.0.0.1", bad.port()));
        OpenStack channel =
            new OpenStack("memory:///echo", channelConfig -> channelConfig.registry = registry)) {
      failure(channel, say, "x");
      failure(channel, say, "x");
      String refused = "UNAVAILABLE: a circuit breaker rejects the only endpoint that is up";
      assertThat(failure(channel, say, "x"))
          .hasMessageStartingWith(refused)
          .satisfies(CircuitBreakersTest::assertRejectedByBreaker);

      registration
          .update(registration.endpoint().withWeight(50))
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);

      assertThat(failure(channel, say, "x")).hasMessageStartingWith(refused);
      assertThat(channel.factory.breakers())
          .extracting(
              CircuitBreakerStatus::scope, CircuitBreakerStatus::name, CircuitBreakerStatus::phase)
          .containsExactly(org.assertj.core.groups.Tuple.tuple(Scope.ENDPOINT, "bad", Phase.OPEN));

      down.set(false);
      channel.nanos.addAndGet(TimeUnit.SECONDS.toNanos(6));
      assertThat(ScriptedServer.call(channel, say, "probe")).isEqualTo("ok");
      assertThat(phase(channel)).isEqualTo(Phase.CLOSED);
      assertThat(bad.seen).hasSize(3);
    }
  }

  @Test
  void anOpenEndpointIsLeftToTheOthers() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_ENDPOINT, true);
    try (ScriptedServer bad = ScriptedServer.start(this::answer);
        ScriptedServer good = ScriptedServer.start((n, call) -> call.reply("ok"));
        OpenStack channel =
            new OpenStack("memory:///echo", channelConfig -> channelConfig.registry = registry)) {
      registry.register("echo", Endpoint.of("bad", "127.0.0.1", bad.port()));
      registry.register("echo", Endpoint.of("good", "127.0.0.1", good.port()));
      // Both are connected before it begins.
      Channel toGood = CallSettings.builder().endpoint("good").build().over(channel);
      assertThat(ScriptedServer.call(toGood, say, "x")).isEqualTo("ok");
      Channel toBad = CallSettings.builder().endpoint("bad").build().over(channel);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> ScriptedServer.call(toBad, say, "x"))
            .hasMessage("INTERNAL: disk full");
      }
      for (int i = 0; i < 20; i++) {
        assertThat(ScriptedServer.call(channel, say, "x")).isEqualTo("ok");
      }
      assertThat(bad.seen).hasSize(2);
    }
  }

  @Test
  void methodsWithEqualSettingsShareTheBreakersOfEndpoints() {
    CircuitBreakers breakers = new CircuitBreakers(() -> 1, new CallObservers(java.util.List.of()));
    CircuitBreakerPolicy equal =
        CircuitBreakerPolicy.builder()
            .minimumSamples(2)
            .openFor(Duration.ofSeconds(5))
            .probes(1)
            .build();
    assertThat(breakers.forEndpoints(TOUCHY)).isSameAs(breakers.forEndpoints(equal));
    assertThat(breakers.forEndpoints(TOUCHY))
        .isNotSameAs(breakers.forEndpoints(CircuitBreakerPolicy.standard()));
    assertThat(breakers.forEndpoints(CircuitBreakerPolicy.off())).isNull();
    assertThat(breakers.forMethod("a/B", TOUCHY)).isSameAs(breakers.forMethod("a/B", equal));
    assertThat(breakers.forMethod("a/B", TOUCHY)).isNotSameAs(breakers.forMethod("a/C", TOUCHY));
    assertThat(breakers.forMethod("a/B", CircuitBreakerPolicy.off())).isNull();
  }

  @Test
  void settingsOfACallDoNotMakeTheMethodForgetItsBreaker() throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(OF_METHOD, true);
    CallSettings without =
        CallSettings.builder()
            .policy(MethodPolicy.builder().breaker(CircuitBreakerPolicy.off()).build())
            .build();
    try (ScriptedServer server = ScriptedServer.start(this::answer);
        OpenStack channel = to(server)) {
      failure(channel, say, "x");
      assertThatThrownBy(() -> ScriptedServer.call(without.over(channel), say, "x"))
          .hasMessage("INTERNAL: disk full");
      failure(channel, say, "x");
      assertThat(failure(channel, say, "x")).hasMessageContaining("is open");
      assertThatThrownBy(() -> ScriptedServer.call(without.over(channel), say, "x"))
          .hasMessage("INTERNAL: disk full");
    }
  }
}
