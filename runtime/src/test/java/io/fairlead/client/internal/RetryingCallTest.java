package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

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
      VirtualStack stack, MethodContract<StringValue, StringValue> say) {
    return stack.call(say, "hello").failure();
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
  void failedAttemptIsRetriedWithTheAttemptHeader() {
    VirtualServer.Script script =
        (n, call) -> {
          if (n < 3) {
            call.fail(Status.UNAVAILABLE.withDescription("not yet"));
          } else {
            call.reply("ok");
          }
        };
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve(script);
      assertThat(stack.call(ScriptedServer.say(retrying(3), true), "hello").messages)
          .containsExactly("ok");
      assertThat(server.seen)
          .extracting(call -> call.header("grpc-previous-rpc-attempts"))
          .containsExactly(null, "1", "2");
    }
  }

  @Test
  void attemptsEndWithThePolicy() {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server =
          stack.serve((n, call) -> call.fail(Status.UNAVAILABLE.withDescription("down")));
      StatusRuntimeException failure = failure(stack, ScriptedServer.say(retrying(3), true));

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
  void otherCodesAreNotRetried() {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server =
          stack.serve((n, call) -> call.fail(Status.INVALID_ARGUMENT.withDescription("no")));
      StatusRuntimeException failure = failure(stack, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason()).isEqualTo("its code is not retried");
    }
  }

  @Test
  void serverPushbackStopsRetries() {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "-1");
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> call.fail(Status.UNAVAILABLE, trailers));
      StatusRuntimeException failure = failure(stack, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the server asked for no more");
    }
  }

  @Test
  void serverPushbackRetriesAnyCode() {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "1");
    VirtualServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.fail(Status.RESOURCE_EXHAUSTED, trailers);
          } else {
            call.reply("ok");
          }
        };
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve(script);
      assertThat(stack.call(ScriptedServer.say(retrying(3), true), "hello").messages)
          .containsExactly("ok");
      assertThat(server.seen).hasSize(2);
    }
  }

  /** As gRFC A6 has it: with its headers the server has committed itself. */
  @Test
  void failureAfterHeadersIsNotRetried() {
    VirtualServer.Script script =
        (n, call) -> {
          call.begin();
          call.fail(Status.UNAVAILABLE.withDescription("half way"));
        };
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve(script);
      StatusRuntimeException failure = failure(stack, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(failure.getStatus().getDescription()).isEqualTo("half way");
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the server had begun to answer");
    }
  }

  @Test
  void failfastMakesOneAttemptWhateverTheRetryPolicySays() {
    MethodPolicy.Builder policy =
        MethodPolicy.builder()
            .retry(RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(1)).build());
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server =
          stack.serve((n, call) -> call.fail(Status.UNAVAILABLE.withDescription("down")));
      StatusRuntimeException fast =
          failure(
              stack, ScriptedServer.say(policy.failureMode(FailureMode.FAILFAST).build(), true));
      assertThat(server.seen).hasSize(1);
      assertThat(explained(fast).outcome().endReason()).isEqualTo("failure mode FAILFAST");

      failure(stack, ScriptedServer.say(policy.failureMode(FailureMode.FAILOVER).build(), true));
      assertThat(server.seen).hasSize(4);
    }
  }

  @Test
  void backoffBeyondTheDeadlineIsNotStarted() {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "60000");
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> call.fail(Status.UNAVAILABLE, trailers));
      StatusRuntimeException failure = failure(stack, ScriptedServer.say(retrying(3), true));

      assertThat(server.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the deadline leaves no time for another");
    }
  }

  @Test
  void attemptBeyondItsTimeoutIsRetried() {
    VirtualServer.Script script =
        (n, call) -> {
          if (n == 2) {
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
                    .backoff(Duration.ofMillis(10))
                    .build())
            .build();
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve(script);
      VirtualStack.Call call = stack.call(ScriptedServer.say(policy, true), "hello");
      assertThat(call.messages).containsExactly("attempt 2");
      // The limit and the backoff, which the random number leaves as it is.
      assertThat(call.took()).isEqualTo(Duration.ofMillis(150 + 10));
      assertThat(server.seen).extracting(seen -> seen.cancelled).containsExactly(true, false);
    }
  }

  @Test
  void theDeadlineOfTheContractEndsTheCall() {
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofMillis(500)).build();
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> {});
      VirtualStack.Call call = stack.call(ScriptedServer.say(policy, true), "hello");
      assertThat(call.took()).isEqualTo(Duration.ofMillis(500));
      assertThat(call.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(explained(call.failure()).local()).isTrue();
      assertThat(server.seen.get(0).header("grpc-timeout")).isEqualTo("500000u");
      assertThat(server.seen.get(0).cancelled).isTrue();
    }
  }
}
