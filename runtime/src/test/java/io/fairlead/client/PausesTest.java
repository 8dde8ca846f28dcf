package io.fairlead.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.RpcChannel;
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
class PausesTest {
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
        new Kind("unary", Peer.say(MethodPolicy.builder().retry(retry).build(), true)),
        new Kind(
            "hedged",
            Peer.say(
                MethodPolicy.builder()
                    .hedging(HedgingPolicy.builder().attempts(3).delay("1h").build())
                    .build(),
                true)),
        new Kind("stream", Peer.watch(MethodPolicy.builder().retry(retry).build())));
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

  private static Peer pausing() throws Exception {
    return Peer.start((n, call) -> call.fail(Status.UNAVAILABLE.withDescription("later"), PAUSE));
  }

  /** A call whose first attempt has failed, and which waits for the next. */
  private static ClientCall<StringValue, StringValue> paused(
      OpenStack stack, Kind kind, Heard heard) {
    ClientCall<StringValue, StringValue> call =
        stack.newCall(kind.method().descriptor(), CallOptions.DEFAULT);
    call.start(heard, new Metadata());
    call.request(2);
    call.sendMessage(StringValue.of("x"));
    call.halfClose();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (stack.stack.pausing() == 0 && System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    assertThat(stack.stack.pausing()).isEqualTo(1);
    return call;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void itsCallerCancels(Kind kind) throws Exception {
    try (Peer peer = pausing();
        OpenStack stack = new OpenStack(peer.target(), settings -> {})) {
      Heard heard = new Heard();
      paused(stack, kind, heard).cancel("no longer", null);
      Status status = heard.await();
      assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(status.getDescription()).startsWith("no longer").contains("while it paused");
      assertThat(peer.seen).hasSize(1);
      assertThat(stack.stack.pausing()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theInboundCallIsCancelled(Kind kind) throws Exception {
    try (Peer peer = pausing();
        OpenStack stack = new OpenStack(peer.target(), settings -> {})) {
      Heard heard = new Heard();
      Context.CancellableContext inbound = Context.current().withCancellation();
      inbound.run(() -> paused(stack, kind, heard));
      inbound.cancel(null);
      assertThat(heard.await().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(stack.stack.pausing()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theDeadlineOfTheInboundCallPasses(Kind kind) throws Exception {
    try (Peer peer = pausing();
        OpenStack stack = new OpenStack(peer.target(), settings -> {})) {
      Heard heard = new Heard();
      Context.CancellableContext inbound = Context.current().withCancellation();
      inbound.run(() -> paused(stack, kind, heard));
      inbound.cancel(new TimeoutException("as a context says it whose time is over"));
      assertThat(heard.await().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theChannelCloses(Kind kind) throws Exception {
    try (Peer peer = pausing()) {
      Heard heard = new Heard();
      try (OpenStack stack = new OpenStack(peer.target(), settings -> {})) {
        paused(stack, kind, heard);
      }
      Status status = heard.await();
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(status.getDescription()).startsWith("the channel was closed");
    }
  }

  /** A pause that the deadline does not allow is not begun, so nobody waits for nothing. */
  @ParameterizedTest
  @MethodSource("kinds")
  void theDeadlineIsNearer(Kind kind) throws Exception {
    try (Peer peer = pausing();
        OpenStack stack = new OpenStack(peer.target(), settings -> {})) {
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
      assertThat(peer.seen).hasSize(1);
    }
  }

  /** After its pause a hedged call may find that the budget allows no other copy. */
  @ParameterizedTest
  @MethodSource("kinds")
  void theBudgetIsEmptyAfterThePause(Kind kind) throws Exception {
    Metadata briefly = new Metadata();
    briefly.put(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "1");
    try (Peer peer = Peer.start((n, call) -> call.fail(Status.UNAVAILABLE, briefly));
        RpcChannel channel = RpcChannel.to(peer.target()).retriesPerSecond(0).build()) {
      Status status = failure(channel, kind);
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(peer.seen).hasSize(1);
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
