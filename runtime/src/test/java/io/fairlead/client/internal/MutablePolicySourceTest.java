package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.PolicySource;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.LogCapture;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Policies that change while calls run. */
@Timeout(120)
class MutablePolicySourceTest {
  private static final MethodContract<StringValue, StringValue> ONCE =
      ScriptedServer.say(MethodPolicy.empty(), false);
  private static final MethodContract<StringValue, StringValue> AGAIN =
      ScriptedServer.say(MethodPolicy.empty(), true);

  private static final MethodPolicy UNBROKEN =
      MethodPolicy.builder()
          .breaker(CircuitBreakerPolicy.off())
          .endpointBreaker(CircuitBreakerPolicy.off())
          .build();

  private final MutablePolicySource live = new MutablePolicySource();

  private static MethodPolicy attempts(int attempts) {
    return MethodPolicy.builder()
        .retry(RetryPolicy.builder().attempts(attempts).backoff(Duration.ofMillis(1)).build())
        .build();
  }

  private static ResolvedPolicy policy(RpcChannel channel, String method) {
    return Objects.requireNonNull(channel.policies().get(method), method);
  }

  /**
   * Each call has the one policy or the other, whole: two attempts or three, never anything else.
   */
  @Test
  void callsSeeOneWholePolicyDuringChanges() throws Exception {
    live.set(AGAIN.fullName(), attempts(2));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong calls = new AtomicLong();
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .livePolicies(live)
                .retriesPerSecond(1_000_000)
                .policy("*", UNBROKEN)
                .build()) {
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Thread caller =
            new Thread(
                () -> {
                  while (!stop.get()) {
                    try {
                      wrong.add("answered: " + ScriptedServer.call(channel, AGAIN, "x"));
                    } catch (StatusRuntimeException e) {
                      int attempts =
                          CallExplanation.of(e).orElseThrow().outcome().attempts().size();
                      if (attempts != 2 && attempts != 3) {
                        wrong.add(attempts + " attempts");
                      }
                      calls.incrementAndGet();
                    }
                  }
                });
        caller.start();
        callers.add(caller);
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      for (int change = 0; calls.get() < 200 && System.nanoTime() - end < 0; change++) {
        live.set(AGAIN.fullName(), attempts(2 + change % 2));
      }
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(wrong).isEmpty();
      assertThat(calls.get()).isGreaterThanOrEqualTo(200);

      // And what was set last holds for the next call.
      live.set(AGAIN.fullName(), attempts(4));
      int before = server.seen.size();
      assertThatThrownBy(() -> ScriptedServer.call(channel, AGAIN, "x"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(server.seen).hasSize(before + 4);
    }
  }

  @Test
  void aCallUnderWayKeepsWhatItStartedWith() throws Exception {
    live.set(AGAIN.fullName(), attempts(2));
    CountDownLatch changed = new CountDownLatch(1);
    CountDownLatch began = new CountDownLatch(1);
    ScriptedServer.Script script =
        (n, call) -> {
          began.countDown();
          try {
            changed.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          call.fail(Status.UNAVAILABLE);
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).livePolicies(live).build()) {
      Thread caller =
          new Thread(
              () ->
                  assertThatThrownBy(() -> ScriptedServer.call(channel, AGAIN, "x"))
                      .isInstanceOf(StatusRuntimeException.class));
      caller.start();
      began.await();
      live.remove(AGAIN.fullName());
      changed.countDown();
      caller.join();
      assertThat(server.seen).hasSize(2);
    }
  }

  @Test
  void everyChangeIsALineAndAMisspelledMethodAnother() throws Exception {
    live.set(EchoRpc.SAY.fullName(), attempts(2));
    try (LogCapture logs = LogCapture.of(MethodConfigCache.class.getName());
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:1").service(EchoRpc.service()).livePolicies(live).build()) {
      live.set(EchoRpc.SAY.fullName(), attempts(3));
      live.set("test.v1.Echo/Sey", attempts(3));
      live.set("test.v1.Ecco", attempts(3));
      live.remove(EchoRpc.SAY.fullName());
      assertThat(channel).isNotNull();
      assertThat(logs.with("live policies changed: test.v1.Echo/Say has {retry"))
          .as("at the start, and when it changed")
          .hasSize(2);
      assertThat(logs.with("live policies changed: test.v1.Echo/Say has none")).hasSize(1);
      assertThat(logs.warnings())
          .containsExactly(
              "a live policy is for test.v1.Echo/Sey, and that service has no such method; it has"
                  + " test.v1.Echo/Chat, test.v1.Echo/Count, test.v1.Echo/Say, test.v1.Echo/Sum",
              "a live policy is for test.v1.Ecco, of which this channel knows nothing; it takes"
                  + " effect if such a method is called (services known: test.v1.Echo)");
    }
  }

  /** A slip of an operator's is logged, and stops no call. */
  @Test
  void invalidChangeIsIgnored() throws Exception {
    live.set(ONCE.fullName(), MethodPolicy.builder().deadline(Duration.ofSeconds(20)).build());
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = RpcChannel.to(server.target()).livePolicies(live).build()) {
      assertThat(ScriptedServer.call(channel, ONCE, "x")).isEqualTo("ok");
      // The method is known by now, and not idempotent.
      live.set(ONCE.fullName(), attempts(3));
      assertThat(ScriptedServer.call(channel, ONCE, "x")).isEqualTo("ok");
      assertThat(server.seen.get(1).header("grpc-timeout")).as("the policy before").isNotNull();
      // A later one that can be is taken.
      live.set(ONCE.fullName(), MethodPolicy.empty());
      assertThat(ScriptedServer.call(channel, ONCE, "x")).isEqualTo("ok");
      assertThat(server.seen.get(2).header("grpc-timeout")).isNull();
    }
  }

  /** Or nobody outside the process could see that it goes on with old policies. */
  @Test
  void aSourceLearnsThatItsSetWasRefused() throws Exception {
    AtomicReference<Consumer<? super MethodPolicies>> observer = new AtomicReference<>();
    PolicySource source =
        subscriber -> {
          observer.set(subscriber);
          subscriber.accept(MethodPolicies.empty());
          return () -> {};
        };
    try (RpcChannel channel =
        RpcChannel.to("127.0.0.1:1")
            .service(HealthGrpc.getServiceDescriptor())
            .livePolicies(source)
            .build()) {
      MethodPolicies refused =
          MethodPolicies.empty()
              .with("grpc.health.v1.Health/Check", attempts(3))
              .from("revision 7 by ann");
      assertThatThrownBy(() -> Objects.requireNonNull(observer.get()).accept(refused))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("grpc.health.v1.Health/Check cannot have retry attempts 3")
          .hasMessageContaining("(live override, revision 7 by ann)");
      assertThat(policy(channel, "grpc.health.v1.Health/Check").retry()).isEmpty();
    }
  }

  @Test
  void whatOneChannelRefusesReachesTheOthers() throws Exception {
    try (RpcChannel refusing =
            RpcChannel.to("127.0.0.1:1")
                .service(HealthGrpc.getServiceDescriptor())
                .livePolicies(live)
                .build();
        RpcChannel other =
            RpcChannel.to("127.0.0.1:1").service(EchoRpc.service()).livePolicies(live).build()) {
      live.replace(
          MethodPolicies.of(
              Map.of(
                  "grpc.health.v1.Health/Check",
                  attempts(3),
                  EchoRpc.SAY.fullName(),
                  MethodPolicy.builder().deadline(Duration.ofSeconds(7)).build())));
      assertThat(policy(other, EchoRpc.SAY.fullName()).deadline()).contains(Duration.ofSeconds(7));
      assertThat(policy(refusing, "grpc.health.v1.Health/Check").retry()).isEmpty();
    }
  }

  /** The channel has no contract to check with until the first call brings it. */
  @Test
  void aLivePolicyThatDoesNotFitAMethodCalledLaterStopsNoCall() throws Exception {
    live.set(ONCE.fullName(), attempts(3));
    try (LogCapture logs = LogCapture.of(MethodConfigCache.class.getName());
        ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = RpcChannel.to(server.target()).livePolicies(live).build()) {
      assertThat(ScriptedServer.call(channel, ONCE, "x")).isEqualTo("ok");
      assertThat(logs.with("live policies are not used for a method: " + ONCE.fullName()))
          .hasSize(1);
    }
  }

  @Test
  void invalidFirstSetFailsTheBuild() {
    live.set("grpc.health.v1.Health/Check", attempts(3));
    RpcChannel.Builder builder =
        RpcChannel.to("127.0.0.1:1").service(HealthGrpc.getServiceDescriptor()).livePolicies(live);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("grpc.health.v1.Health/Check cannot have retry attempts 3")
        .hasMessageContaining("(live override)");
  }
}
