package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.ResponseCapture;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a caller asks for one call reaches the call, and only that. */
class CallSettingsTest {
  private static final MethodContract<StringValue, StringValue> SAY =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofMinutes(1)).build(), true);
  private static final Metadata.Key<String> TRACE =
      Metadata.Key.of("x-trace", Metadata.ASCII_STRING_MARSHALLER);

  /** Keeps the options of a call, and makes none. */
  private static final class Options extends Channel {
    @Nullable CallOptions seen;

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      seen = options;
      return new ClientCall<>() {
        @Override
        public void start(Listener<R> listener, Metadata headers) {}

        @Override
        public void request(int count) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void halfClose() {}

        @Override
        public void sendMessage(Q message) {}
      };
    }

    @Override
    public String authority() {
      return "nowhere";
    }

    static CallOptions of(CallSettings settings, CallOptions given) {
      Options channel = new Options();
      var unused = settings.over(channel).newCall(SAY.descriptor(), given);
      return Objects.requireNonNull(channel.seen);
    }
  }

  @Test
  void theShorterOfTwoDeadlinesWins() {
    CallOptions minute = CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.MINUTES);
    Deadline given = minute.getDeadline();
    CallSettings longer = CallSettings.builder().deadline(Duration.ofHours(1)).build();
    CallSettings shorter = CallSettings.builder().deadline(Duration.ofSeconds(1)).build();
    assertThat(Options.of(longer, minute).getDeadline()).isEqualTo(given);
    assertThat(Options.of(shorter, minute).getDeadline()).isLessThan(given);
    assertThat(Options.of(longer, CallOptions.DEFAULT).getDeadline()).isGreaterThan(given);
  }

  @Test
  void innerSettingsWinFieldByField() {
    CallSettings outer =
        CallSettings.builder()
            .deadline(Duration.ofHours(1))
            .authority("outer")
            .hashKey("outer")
            .build();
    CallSettings inner = CallSettings.builder().authority("inner").waitForReady(true).build();
    Options channel = new Options();
    var unused = inner.over(outer.over(channel)).newCall(SAY.descriptor(), CallOptions.DEFAULT);
    CallOptions seen = Objects.requireNonNull(channel.seen);
    assertThat(seen.getAuthority()).isEqualTo("inner");
    assertThat(seen.isWaitForReady()).isTrue();
    assertThat(seen.getDeadline()).isNotNull();
    CallSettings both = Objects.requireNonNull(CallSettings.of(seen));
    assertThat(both.hashKey()).isEqualTo("outer");
    assertThat(both.deadline()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void headersGoOutAndResponseHeadersAndTrailersComeBack() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          Metadata first = new Metadata();
          first.put(TRACE, "header of " + call.header("x-trace"));
          Metadata last = new Metadata();
          last.put(TRACE, "trailer of " + call.header("x-trace"));
          call.reply("ok", first, last);
        };
    try (ScriptedServer server = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      ResponseCapture capture = new ResponseCapture();
      CallSettings settings =
          CallSettings.builder().header("x-trace", "t1").capture(capture).build();
      assertThat(ScriptedServer.call(settings.over(channel), SAY, "x")).isEqualTo("ok");
      assertThat(Objects.requireNonNull(capture.headers()).get(TRACE)).isEqualTo("header of t1");
      assertThat(Objects.requireNonNull(capture.trailers()).get(TRACE)).isEqualTo("trailer of t1");
    }
  }

  @Test
  void aPolicyOfTheCallHoldsForThatCallAlone() throws Exception {
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      RetryPolicy twice = RetryPolicy.builder().attempts(2).backoff(Duration.ofMillis(1)).build();
      CallSettings settings =
          CallSettings.builder().policy(MethodPolicy.builder().retry(twice).build()).build();
      assertThatThrownBy(() -> ScriptedServer.call(settings.over(channel), SAY, "x"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(server.seen).hasSize(2);
      assertThatThrownBy(() -> ScriptedServer.call(channel, SAY, "x"))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(server.seen).hasSize(3);
    }
  }
}
