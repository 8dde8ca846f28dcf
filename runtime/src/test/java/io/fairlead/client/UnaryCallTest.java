package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.RpcChannel;
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
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UnaryCallTest {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static MethodPolicy retrying(int attempts) {
    return MethodPolicy.builder()
        .deadline("10s")
        .retry(RetryPolicy.builder().attempts(attempts).backoff("1ms").build())
        .build();
  }

  private static StatusRuntimeException failure(
      RpcChannel channel, MethodContract<StringValue, StringValue> say) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> Peer.call(channel, say, "hello"));
  }

  private static CallExplanation explained(Throwable failure) {
    return CallExplanation.of(failure).orElseThrow();
  }

  @Test
  void anAnswerComesBack() throws Exception {
    try (Peer peer = Peer.start((n, call) -> call.reply("you said " + call.request));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThat(Peer.call(channel, Peer.say(MethodPolicy.empty(), false), "hello"))
          .isEqualTo("you said hello");
      assertThat(peer.seen).hasSize(1);
    }
  }

  @Test
  void aMessageIsCompressedUnlessTheCallerSaysNo() throws Exception {
    MethodPolicy gzip = MethodPolicy.builder().compression("gzip").build();
    String zeros = "0".repeat(10_000);
    try (Peer peer = Peer.start((n, call) -> call.reply("ok"));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      WireSize compressed = new WireSize(true);
      WireSize plain = new WireSize(false);
      Peer.call(ClientInterceptors.intercept(channel, compressed), Peer.say(gzip, false), zeros);
      Peer.call(ClientInterceptors.intercept(channel, plain), Peer.say(gzip, false), zeros);

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
  void aFailedAttemptIsRepeatedAndSaysSo() throws Exception {
    Peer.Script script =
        (n, call) -> {
          if (n < 3) {
            call.fail(Status.UNAVAILABLE.withDescription("not yet"));
          } else {
            call.reply("ok");
          }
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThat(Peer.call(channel, Peer.say(retrying(3), true), "hello")).isEqualTo("ok");
      assertThat(peer.seen)
          .extracting(call -> call.header("grpc-previous-rpc-attempts"))
          .containsExactly(null, "1", "2");
    }
  }

  @Test
  void attemptsEndWithThePolicy() throws Exception {
    try (Peer peer = failing(Status.UNAVAILABLE.withDescription("down"));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      StatusRuntimeException failure = failure(channel, Peer.say(retrying(3), true));

      assertThat(peer.seen).hasSize(3);
      assertThat(failure.getStatus().getDescription()).isEqualTo("down");
      CallExplanation explanation = explained(failure);
      assertThat(explanation.local()).isFalse();
      assertThat(explanation.outcome().attempts())
          .extracting(AttemptOutcome::number, AttemptOutcome::code, AttemptOutcome::endpoint)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(1, Code.UNAVAILABLE, peer.target()),
              org.assertj.core.groups.Tuple.tuple(2, Code.UNAVAILABLE, peer.target()),
              org.assertj.core.groups.Tuple.tuple(3, Code.UNAVAILABLE, peer.target()));
      assertThat(explanation.outcome().endReason()).isEqualTo("all attempts are used");
    }
  }

  @Test
  void anotherCodeIsNotRepeated() throws Exception {
    try (Peer peer = failing(Status.INVALID_ARGUMENT.withDescription("no"));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      StatusRuntimeException failure = failure(channel, Peer.say(retrying(3), true));

      assertThat(peer.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("its code is not worth a repeat");
    }
  }

  @Test
  void theServerCanStopRepeats() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "-1");
    try (Peer peer = Peer.start((n, call) -> call.fail(Status.UNAVAILABLE, trailers));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      StatusRuntimeException failure = failure(channel, Peer.say(retrying(3), true));

      assertThat(peer.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the server asked for no more");
    }
  }

  @Test
  void theServerCanAskForARepeatOfAnyFailure() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "1");
    Peer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.fail(Status.RESOURCE_EXHAUSTED, trailers);
          } else {
            call.reply("ok");
          }
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      assertThat(Peer.call(channel, Peer.say(retrying(3), true), "hello")).isEqualTo("ok");
      assertThat(peer.seen).hasSize(2);
    }
  }

  /** As gRFC A6 has it: with its headers the server has committed itself. */
  @Test
  void aFailureAfterHeadersIsNotRepeated() throws Exception {
    Peer.Script script =
        (n, call) -> {
          call.begin();
          call.fail(Status.UNAVAILABLE.withDescription("half way"));
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      StatusRuntimeException failure = failure(channel, Peer.say(retrying(3), true));

      assertThat(peer.seen).hasSize(1);
      assertThat(failure.getStatus().getDescription()).isEqualTo("half way");
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the server had begun to answer");
    }
  }

  @Test
  void failfastMakesOneAttemptWhateverTheRetryPolicySays() throws Exception {
    MethodPolicy.Builder policy =
        MethodPolicy.builder().retry(RetryPolicy.builder().attempts(3).backoff("1ms").build());
    try (Peer peer = failing(Status.UNAVAILABLE.withDescription("down"));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      StatusRuntimeException fast =
          failure(channel, Peer.say(policy.failureMode(FailureMode.FAILFAST).build(), true));
      assertThat(peer.seen).hasSize(1);
      assertThat(explained(fast).outcome().endReason()).isEqualTo("failure mode FAILFAST");

      failure(channel, Peer.say(policy.failureMode(FailureMode.FAILOVER).build(), true));
      assertThat(peer.seen).hasSize(4);
    }
  }

  @Test
  void aPauseThatTheDeadlineDoesNotAllowIsNotBegun() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, "60000");
    try (Peer peer = Peer.start((n, call) -> call.fail(Status.UNAVAILABLE, trailers));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      StatusRuntimeException failure = failure(channel, Peer.say(retrying(3), true));

      assertThat(peer.seen).hasSize(1);
      assertThat(explained(failure).outcome().endReason())
          .isEqualTo("the deadline leaves no time for another");
    }
  }

  @Test
  void anAttemptThatPassesItsOwnLimitIsRepeated() throws Exception {
    Peer.Script script =
        (n, call) -> {
          if (n != 2) {
            call.reply("attempt " + n);
          }
        };
    MethodPolicy policy =
        MethodPolicy.builder()
            .deadline("20s")
            .retry(RetryPolicy.builder().attempts(2).perAttempt("150ms").backoff("1ms").build())
            .build();
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      // Connects first, so that the limit is for the answer alone.
      assertThat(Peer.call(channel, Peer.say(MethodPolicy.empty(), true), "hello"))
          .isEqualTo("attempt 1");
      assertThat(Peer.call(channel, Peer.say(policy, true), "hello")).isEqualTo("attempt 3");
      assertThat(peer.seen).hasSize(3);
    }
  }

  @Test
  void theDeadlineOfTheContractEndsTheCall() throws Exception {
    MethodPolicy policy = MethodPolicy.builder().deadline("500ms").build();
    Peer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("connected");
          }
        };
    try (Peer peer = Peer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      // Connects first, so that the time is for the answer alone.
      Peer.call(channel, Peer.say(MethodPolicy.empty(), true), "hello");
      StatusRuntimeException failure = failure(channel, Peer.say(policy, true));

      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(explained(failure).local()).isTrue();
      assertThat(peer.seen.get(1).header("grpc-timeout")).isNotNull();
    }
  }

  private static Peer failing(Status status) throws IOException {
    return Peer.start((n, call) -> call.fail(status));
  }
}
