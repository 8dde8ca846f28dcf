package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.Code;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ClientStreamTracer;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RetryingCallTest {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static MethodPolicy retrying(int attempts) {
    return MethodPolicy.builder()
        .deadline(Duration.ofSeconds(10))
        .retry(RetryPolicy.builder().attempts(attempts).backoff(Duration.ofMillis(1)).build())
        .build();
  }

  private static StatusRuntimeException failure(
      RpcChannel channel, MethodContract<StringValue, StringValue> say) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> ScriptedServer.call(channel, say, "hello"));
  }

  private static CallExplanation explained(Throwable failure) {
    return CallExplanation.of(failure).orElseThrow();
  }

  @Test
  void anAnswerComesBack() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.start((n, call) -> call.reply("you said " + call.request));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(
              ScriptedServer.call(
                  channel, ScriptedServer.say(MethodPolicy.empty(), false), "hello"))
          .isEqualTo("you said hello");
      assertThat(server.seen).hasSize(1);
    }
  }

  @Test
  void aMessageIsCompressedUnlessTheCallerSaysNo() throws Exception {
    MethodPolicy gzip = MethodPolicy.builder().compression("gzip").build();
    String zeros = "0".repeat(10_000);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      WireSize compressed = new WireSize(true);
      WireSize plain = new WireSize(false);
      ScriptedServer.call(
          ClientInterceptors.intercept(channel, compressed),
          ScriptedServer.say(gzip, false),
          zeros);
      ScriptedServer.call(
          ClientInterceptors.intercept(channel, plain), ScriptedServer.say(gzip, false), zeros);

      assertThat(compressed.bytes.get()).isBetween(1L, 1_000L);
      assertThat(plain.bytes.get()).isGreaterThan(10_000);
    }
  }

  /** Says whether to compress, and sees how many bytes a request then takes. */
  private static final class WireSize implements ClientInterceptor {
    private final boolean compress;
    private final AtomicLong bytes = new AtomicLong();

    WireSize(boolean compress) {
      this.compress = compress;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      ClientStreamTracer.Factory tracers =
          new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(
                ClientStreamTracer.StreamInfo info, Metadata headers) {
              return new ClientStreamTracer() {
                @Override
                public void outboundWireSize(long more) {
                  bytes.addAndGet(more);
                }
              };
            }
          };
      return new ForwardingClientCall.SimpleForwardingClientCall<>(
          next.newCall(method, options.withStreamTracerFactory(tracers))) {
        @Override
        public void sendMessage(Q message) {
          setMessageCompression(compress);
          super.sendMessage(message);
        }
      };
    }
  }

  @Test
  void failedAttemptIsRetriedWithTheAttemptHeader() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n < 3) {
            call.fail(Status.UNAVAILABLE.withDescription("not yet"));
          } else {
            call.reply("ok");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(ScriptedServer.call(channel, ScriptedServer.say(retrying(3), true), "hello"))
          .isEqualTo("ok");
      assertThat(server.seen)
          .extracting(call -> call.header("grpc-previous-rpc-attempts"))
          .containsExactly(null, "1", "2");
    }
  }

  @Test
  void attemptsEndWithThePolicy() throws Exception {
    try (ScriptedServer server = failing(Status.UNAVAILABLE.withDescription("down"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StatusRuntimeException failure = failure(channel, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(3);
      assertThat(failure.getStatus().getDescription()).isEqualTo("down");
      CallExplanation explanation = explained(failure);
      assertThat(explanation.local()).isFalse();
      assertThat(explanation.outcome().attempts())
          .extracting(AttemptOutcome::number, AttemptOutcome::code, AttemptOutcome::endpoint)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(1, Code.UNAVAILABLE, server.target()),
              org.assertj.core.groups.Tuple.tuple(2, Code.UNAVAILABLE, server.target()),
              org.assertj.core.groups.Tuple.tuple(3, Code.UNAVAILABLE, server.target()));
      assertThat(explanation.outcome().endReason()).isEqualTo("all attempts are used");
    }
  }

  @Test
  void otherCodesAreNotRetried() throws Exception {
    try (ScriptedServer server = failing(Status.INVALID_ARGUMENT.withDescription("no"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StatusRuntimeException failure = failure(channel, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason()).isEqualTo("its code is not retried");
    }
  }

  @Test
  void serverPushbackStopsRetries() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "-1");
    try (ScriptedServer server =
            ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE, trailers));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StatusRuntimeException failure = failure(channel, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the server asked for no more");
    }
  }

  @Test
  void serverPushbackRetriesAnyCode() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "1");
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.fail(Status.RESOURCE_EXHAUSTED, trailers);
          } else {
            call.reply("ok");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThat(ScriptedServer.call(channel, ScriptedServer.say(retrying(3), true), "hello"))
          .isEqualTo("ok");
      assertThat(server.seen).hasSize(2);
    }
  }

  /** As gRFC A6 has it: with its headers the server has committed itself. */
  @Test
  void failureAfterHeadersIsNotRetried() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          call.begin();
          call.fail(Status.UNAVAILABLE.withDescription("half way"));
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StatusRuntimeException failure = failure(channel, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(failure.getStatus().getDescription()).isEqualTo("half way");
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the server had begun to answer");
    }
  }

  @Test
  void failfastMakesOneAttemptWhateverTheRetryPolicySays() throws Exception {
    MethodPolicy.Builder policy =
        MethodPolicy.builder()
            .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build());
    try (ScriptedServer server = failing(Status.UNAVAILABLE.withDescription("down"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StatusRuntimeException fast =
          failure(
              channel, ScriptedServer.say(policy.failureMode(FailureMode.FAILFAST).build(), true));
      assertThat(server.seen).hasSize(1);
      assertThat(explained(fast).outcome().endReason()).isEqualTo("failure mode FAILFAST");

      failure(channel, ScriptedServer.say(policy.failureMode(FailureMode.FAILOVER).build(), true));
      assertThat(server.seen).hasSize(4);
    }
  }

  @Test
  void backoffBeyondTheDeadlineIsNotStarted() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "60000");
    try (ScriptedServer server =
            ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE, trailers));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StatusRuntimeException failure = failure(channel, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the deadline leaves no time for another");
    }
  }

  @Test
  void attemptBeyondItsTimeoutIsRetried() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n != 2) {
            call.reply("attempt " + n);
          }
        };
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline(Duration.ofSeconds(20))
            .retry(
                RetryPolicy.builder()
                    .attempts(2)
                    .perAttempt(Duration.ofMillis(150))
                    .backoff(Duration.ofMillis(1))
                    .build())
            .build();
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      // Connects first, so that the limit is for the answer alone.
      assertThat(
              ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), true), "hello"))
          .isEqualTo("attempt 1");
      assertThat(ScriptedServer.call(channel, ScriptedServer.say(policy, true), "hello"))
          .isEqualTo("attempt 3");
      assertThat(server.seen).hasSize(3);
    }
  }

  @Test
  void theDeadlineOfTheContractEndsTheCall() throws Exception {
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofMillis(500)).build();
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("connected");
          }
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      // Connects first, so that the time is for the answer alone.
      ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), true), "hello");
      StatusRuntimeException failure = failure(channel, ScriptedServer.say(policy, true));

      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(explained(failure).local()).isTrue();
      assertThat(server.seen.get(1).header("grpc-timeout")).isNotNull();
    }
  }

  private static ScriptedServer failing(Status status) throws IOException {
    return ScriptedServer.start((n, call) -> call.fail(status));
  }
}
