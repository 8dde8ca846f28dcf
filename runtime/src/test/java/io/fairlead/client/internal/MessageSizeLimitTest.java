package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request that is too large is a failure at once, also on a channel without a connection yet. */
@Timeout(60)
class MessageSizeLimitTest {
  private static final String LARGE = "x".repeat(2_000);
  private static final MethodPolicy SMALL = MethodPolicy.builder().maxRequestBytes(1_024).build();
  private static final String MESSAGE =
      "a request of 2003 bytes is larger than maxRequestBytes, 1024; raise it, or send the data as"
          + " a stream of parts";

  private static void assertRefused(MethodPolicy policy) throws Exception {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(policy, true);
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("never"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      assertThatThrownBy(() -> ScriptedServer.call(channel, say, LARGE))
          .hasMessageStartingWith("RESOURCE_EXHAUSTED: " + MESSAGE);
      assertThat(server.seen).isEmpty();
    }
  }

  @Test
  void unaryCallAboveTheLimitIsRefused() throws Exception {
    assertRefused(SMALL);
  }

  @Test
  void hedgedCallAboveTheLimitIsRefused() throws Exception {
    HedgingPolicy hedging = HedgingPolicy.builder().attempts(2).delay(Duration.ofHours(1)).build();
    assertRefused(MethodPolicy.builder().maxRequestBytes(1_024).hedging(hedging).build());
  }

  @Test
  void streamMessageAboveTheLimitIsRefused() throws Exception {
    MethodContract<StringValue, StringValue> chat =
        MethodContract.bidiStreaming(
                ScriptedServer.SERVICE,
                "Chat",
                StringValue.getDefaultInstance(),
                StringValue.getDefaultInstance())
            .policy(SMALL)
            .build();
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.start((n, call) -> call.reply("never"));
        RpcChannel channel = RpcChannel.to(server.target()).build()) {
      StreamObserver<StringValue> requests =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(chat.descriptor(), CallOptions.DEFAULT),
              new StreamObserver<>() {
                @Override
                public void onNext(StringValue value) {}

                @Override
                public void onError(Throwable failure) {
                  ended.complete(failure);
                }

                @Override
                public void onCompleted() {
                  ended.complete(new AssertionError("completed"));
                }
              });
      requests.onNext(StringValue.of(LARGE));
      Throwable failure = ended.get(50, TimeUnit.SECONDS);
      assertThat(failure).hasMessageContaining(MESSAGE);
      assertThat(Status.fromThrowable(failure).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }
}
