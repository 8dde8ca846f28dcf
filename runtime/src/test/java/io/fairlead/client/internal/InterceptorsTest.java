package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The application's interceptors around calls and around attempts. */
@Timeout(60)
class InterceptorsTest {
  private static final Metadata.Key<String> TENANT =
      Metadata.Key.of("x-tenant", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodPolicy THREE_ATTEMPTS =
      MethodPolicy.builder()
          .deadline(Duration.ofSeconds(20))
          .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build())
          .build();

  private final List<String> seen = new CopyOnWriteArrayList<>();

  private static ScriptedServer.Script failingUntil(int number) {
    return (n, call) -> {
      if (n < number) {
        call.fail(Status.UNAVAILABLE.withDescription("not yet"));
      } else {
        call.reply("ok");
      }
    };
  }

  @Test
  void theFirstOneGivenIsOutermost() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(failingUntil(1));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .interceptAttempts(new Seen("c"), new Seen("d"))
                .intercept(new Seen("a"))
                .intercept(new Seen("b"))
                .build()) {
      call(channel, MethodPolicy.empty());
      assertThat(seen)
          .containsExactly(
              "a starts", "b starts", "c starts", "d starts", "d OK", "c OK", "b OK", "a OK");
    }
  }

  @Test
  void theStackIsPrintedInItsOrder() {
    try (RpcChannel channel =
        RpcChannel.to("127.0.0.1:1")
            .intercept(new Seen("a"), new Seen("b"))
            .interceptAttempts(new Seen("c"))
            .build()) {
      MethodContract<StringValue, StringValue> say =
          ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofSeconds(1)).build(), true);
      channel.newCall(say.descriptor(), CallOptions.DEFAULT).cancel("not needed", null);
      assertThat(channel.toString())
          .startsWith("RpcChannel[127.0.0.1:1: intercept(a, b) -> {")
          .contains(
              "/Say=delivery -> observe -> deadline -> message size limit -> method breaker"
                  + " -> attempts} -> intercept attempts(c) -> ");
    }
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:1").build()) {
      assertThat(channel.toString()).doesNotContain("intercept");
    }
  }

  @Test
  void aCallIsSeenOnceAndEachRetryIsAnAttempt() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(failingUntil(3));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .intercept(new Seen("call"))
                .interceptAttempts(new Seen("attempt"))
                .build()) {
      assertThat(call(channel, THREE_ATTEMPTS)).isEqualTo("ok");
      assertThat(seen)
          .containsExactly(
              "call starts",
              "attempt starts",
              "attempt UNAVAILABLE",
              "attempt starts",
              "attempt UNAVAILABLE",
              "attempt starts",
              "attempt OK",
              "call OK");
    }
  }

  @Test
  void aHedgeIsAnAttempt() throws Exception {
    CountDownLatch hedged = new CountDownLatch(2);
    ScriptedServer.Script script =
        (n, call) -> {
          hedged.countDown();
          if (n == 2) {
            call.reply("from the hedge");
          }
        };
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(20))
            .hedging(HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(5)).build())
            .build();
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel =
            RpcChannel.to(server.target())
                .intercept(new Seen("call"))
                .interceptAttempts(new Seen("attempt"))
                .build()) {
      assertThat(call(channel, policy)).isEqualTo("from the hedge");
      hedged.await();
      assertThat(seen).filteredOn(each -> each.equals("attempt starts")).hasSize(2);
      assertThat(seen).filteredOn(each -> each.equals("call starts")).hasSize(1);
      assertThat(seen).contains("attempt OK", "call OK");
    }
  }

  @Test
  void theOpeningOfAStreamIsAnAttempt() throws Exception {
    MethodContract<StringValue, StringValue> watch = ScriptedServer.watch(THREE_ATTEMPTS);
    try (ScriptedServer server = ScriptedServer.start(failingUntil(2));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .intercept(new Seen("call"))
                .interceptAttempts(new Seen("attempt"))
                .build()) {
      assertThat(
              ClientCalls.blockingServerStreamingCall(
                  channel, watch.descriptor(), CallOptions.DEFAULT, StringValue.of("x")))
          .toIterable()
          .containsExactly(StringValue.of("ok"));
      assertThat(seen)
          .containsExactly(
              "call starts",
              "attempt starts",
              "attempt UNAVAILABLE",
              "attempt starts",
              "attempt OK",
              "call OK");
    }
  }

  @Test
  void anAttemptKnowsItsEndpointWhenItHasEnded() throws Exception {
    List<String> endpoints = new CopyOnWriteArrayList<>();
    ClientInterceptor interceptor =
        new ClientInterceptor() {
          @Override
          public <Q, R> ClientCall<Q, R> interceptCall(
              MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
              @Override
              public void start(Listener<R> listener, Metadata headers) {
                ClientCall<Q, R> call = delegate();
                call.start(
                    new SimpleForwardingClientCallListener<>(listener) {
                      @Override
                      public void onClose(Status status, Metadata trailers) {
                        endpoints.add(
                            String.valueOf(
                                call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
                        super.onClose(status, trailers);
                      }
                    },
                    headers);
              }
            };
          }
        };
    try (ScriptedServer server = ScriptedServer.start(failingUntil(2));
        RpcChannel channel =
            RpcChannel.to(server.target()).interceptAttempts(interceptor).build()) {
      call(channel, THREE_ATTEMPTS);
      assertThat(endpoints).hasSize(2).allMatch(each -> each.endsWith(":" + server.port()));
    }
  }

  @Test
  void headersOfACallGoWithEachAttemptAndThoseOfAnAttemptWithOne() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    try (ScriptedServer server = ScriptedServer.start(failingUntil(2));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .intercept(new Header("x-tenant", () -> "acme"))
                .interceptAttempts(
                    new Header("x-attempt", () -> String.valueOf(attempts.incrementAndGet())))
                .build()) {
      call(channel, THREE_ATTEMPTS);
      assertThat(server.seen)
          .extracting(each -> each.header("x-tenant"))
          .containsExactly("acme", "acme");
      assertThat(server.seen)
          .extracting(each -> each.header("x-attempt"))
          .containsExactly("1", "2");
    }
  }

  @Test
  void settingsOfACallReachTheChannelThroughInterceptors() throws Exception {
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE));
        RpcChannel channel =
            RpcChannel.to(server.target())
                .intercept(new Seen("call"))
                .interceptAttempts(new Seen("attempt"))
                .build()) {
      CallSettings settings =
          CallSettings.builder()
              .header("x-tenant", "acme")
              .policy(
                  MethodPolicy.builder()
                      .retry(
                          RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build())
                      .build())
              .build();
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  ScriptedServer.call(
                      channel.with(settings),
                      ScriptedServer.say(MethodPolicy.empty(), true),
                      "hello"));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.seen).hasSize(2).allMatch(each -> "acme".equals(each.headers.get(TENANT)));
      assertThat(seen).filteredOn(each -> each.equals("attempt starts")).hasSize(2);
    }
  }

  @Test
  void whatAnInterceptorOfAttemptsThrowsFailsThatAttempt() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(failingUntil(1))) {
      for (Thrower.When when : Thrower.When.values()) {
        try (RpcChannel channel =
            RpcChannel.to(server.target())
                .interceptAttempts(new Seen("attempt"), new Thrower(when))
                .build()) {
          assertThat(call(channel, THREE_ATTEMPTS)).as("%s", when).isEqualTo("ok");
        }
      }
    }
  }

  @Test
  void whatAnInterceptorOfCallsThrowsReachesTheCaller() {
    try (RpcChannel channel =
        RpcChannel.to("127.0.0.1:1").intercept(new Thrower(Thrower.When.INTERCEPTING)).build()) {
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> call(channel, MethodPolicy.empty()));
      assertThat(failure.getStatus().getDescription()).isEqualTo("no token");
    }
  }

  private static String call(Channel channel, MethodPolicy policy) {
    return ScriptedServer.call(channel, ScriptedServer.say(policy, true), "hello");
  }

  /** Notes starts and ends. */
  private final class Seen implements ClientInterceptor {
    private final String name;

    Seen(String name) {
      this.name = name;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          seen.add(name + " starts");
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {
                  seen.add(name + " " + status.getCode());
                  super.onClose(status, trailers);
                }
              },
              headers);
        }
      };
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private record Header(String name, java.util.function.Supplier<String> value)
      implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value.get());
          super.start(listener, headers);
        }
      };
    }
  }

  /** Throws on the first attempt. */
  private static final class Thrower implements ClientInterceptor {
    enum When {
      INTERCEPTING,
      BEFORE_THE_START,
      AFTER_THE_START
    }

    private final When when;
    private final AtomicInteger attempts = new AtomicInteger();

    Thrower(When when) {
      this.when = when;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      int attempt = attempts.incrementAndGet();
      throwIf(attempt, When.INTERCEPTING);
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          throwIf(attempt, When.BEFORE_THE_START);
          super.start(listener, headers);
          throwIf(attempt, When.AFTER_THE_START);
        }
      };
    }

    private void throwIf(int attempt, When now) {
      if (attempt == 1 && now == when) {
        throw Status.UNAVAILABLE.withDescription("no token").asRuntimeException();
      }
    }
  }
}
