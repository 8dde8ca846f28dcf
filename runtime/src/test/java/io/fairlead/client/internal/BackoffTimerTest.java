package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Between two attempts nothing of a call is in grpc-java's hands: here each kind of call pauses for
 * an hour, because the server asked for it, and whatever ends a call must end it all the same.
 */
@Timeout(120)
class BackoffTimerTest {
  private static final Metadata PAUSE = new Metadata();

  static {
    PAUSE.put(
        Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "3600000");
  }

  /** A way to call, with what the contract says. */
  record Kind(String name, MethodContract<StringValue, StringValue> method) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    RetryPolicy retry = RetryPolicy.builder().attempts(3).build();
    return Stream.of(
        new Kind("unary", ScriptedServer.say(MethodPolicy.builder().retry(retry).build(), true)),
        new Kind(
            "hedged",
            ScriptedServer.say(
                MethodPolicy.builder()
                    .hedging(HedgingPolicy.builder().attempts(3).delay(Duration.ofHours(1)).build())
                    .build(),
                true)),
        new Kind("stream", ScriptedServer.watch(MethodPolicy.builder().retry(retry).build())));
  }

  /** Hears of the end of a call. */
  private static final class Heard extends ClientCall.Listener<StringValue> {
    final CompletableFuture<Status> end = new CompletableFuture<>();

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!end.complete(status)) {
        throw new AssertionError("told twice: " + end.join() + ", then " + status);
      }
    }

    Status await() throws Exception {
      return end.get(60, TimeUnit.SECONDS);
    }
  }

  private static ScriptedServer pausing() throws Exception {
    return ScriptedServer.start(
        (n, call) -> call.fail(Status.UNAVAILABLE.withDescription("later"), PAUSE));
  }

  /** A call whose first attempt has failed, and which waits for the next. */
  private static ClientCall<StringValue, StringValue> inBackoff(
      OpenStack stack, Kind kind, Heard heard) {
    ClientCall<StringValue, StringValue> call =
        stack.newCall(kind.method().descriptor(), CallOptions.DEFAULT);
    call.start(heard, new Metadata());
    call.request(2);
    call.sendMessage(StringValue.of("x"));
    call.halfClose();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (stack.factory.pendingBackoffs() == 0 && System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    assertThat(stack.factory.pendingBackoffs()).isEqualTo(1);
    return call;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void callerCancellationEndsTheBackoff(Kind kind) throws Exception {
    try (ScriptedServer server = pausing();
        OpenStack stack = new OpenStack(server.target(), channelConfig -> {})) {
      Heard heard = new Heard();
      inBackoff(stack, kind, heard).cancel("no longer", null);
      Status status = heard.await();
      assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(status.getDescription()).startsWith("no longer").contains("during backoff");
      assertThat(server.seen).hasSize(1);
      assertThat(stack.factory.pendingBackoffs()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void inboundCancellationEndsTheBackoff(Kind kind) throws Exception {
    try (ScriptedServer server = pausing();
        OpenStack stack = new OpenStack(server.target(), channelConfig -> {})) {
      Heard heard = new Heard();
      Context.CancellableContext inbound = Context.current().withCancellation();
      inbound.run(() -> inBackoff(stack, kind, heard));
      inbound.cancel(null);
      assertThat(heard.await().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(stack.factory.pendingBackoffs()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void inboundDeadlineEndsTheBackoff(Kind kind) throws Exception {
    try (ScriptedServer server = pausing();
        OpenStack stack = new OpenStack(server.target(), channelConfig -> {})) {
      Heard heard = new Heard();
      Context.CancellableContext inbound = Context.current().withCancellation();
      inbound.run(() -> inBackoff(stack, kind, heard));
      inbound.cancel(new TimeoutException("as a context says it whose time is over"));
      assertThat(heard.await().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void closingTheChannelEndsTheBackoff(Kind kind) throws Exception {
    try (ScriptedServer server = pausing()) {
      Heard heard = new Heard();
      try (OpenStack stack = new OpenStack(server.target(), channelConfig -> {})) {
        inBackoff(stack, kind, heard);
      }
      Status status = heard.await();
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(status.getDescription()).startsWith("the channel was closed");
    }
  }

  /** A backoff that the deadline does not allow is not begun, so nobody waits for nothing. */
  @ParameterizedTest
  @MethodSource("kinds")
  void backoffBeyondTheDeadlineFailsTheCallAtOnce(Kind kind) throws Exception {
    try (ScriptedServer server = pausing();
        OpenStack stack = new OpenStack(server.target(), channelConfig -> {})) {
      Heard heard = new Heard();
      ClientCall<StringValue, StringValue> call =
          stack.newCall(
              kind.method().descriptor(),
              CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.SECONDS));
      call.start(heard, new Metadata());
      call.request(2);
      call.sendMessage(StringValue.of("x"));
      call.halfClose();
      Status status = heard.await();
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.seen).hasSize(1);
    }
  }

  /** After its backoff a hedged call may find that the budget allows no other hedge. */
  @ParameterizedTest
  @MethodSource("kinds")
  void emptyBudgetAfterTheBackoffEndsTheCall(Kind kind) throws Exception {
    Metadata briefly = new Metadata();
    briefly.put(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "1");
    try (ScriptedServer server =
            ScriptedServer.start((n, call) -> call.fail(Status.UNAVAILABLE, briefly));
        RpcChannel channel = RpcChannel.to(server.target()).retriesPerSecond(0).build()) {
      Status status = failure(channel, kind);
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.seen).hasSize(1);
    }
  }

  private static Status failure(Channel channel, Kind kind) throws Exception {
    Heard heard = new Heard();
    ClientCall<StringValue, StringValue> call =
        channel.newCall(kind.method().descriptor(), CallOptions.DEFAULT);
    call.start(heard, new Metadata());
    call.request(2);
    call.sendMessage(StringValue.of("x"));
    call.halfClose();
    return heard.await();
  }
}
