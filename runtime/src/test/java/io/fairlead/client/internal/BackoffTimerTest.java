package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Between two attempts nothing of a call is in grpc-java's hands: here each kind of call pauses for
 * an hour, because the server asked for it, and whatever ends a call must end it all the same.
 */
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

  private static VirtualStack pausing() {
    VirtualStack stack = new VirtualStack();
    stack.serve((n, call) -> call.fail(Status.UNAVAILABLE.withDescription("later"), PAUSE));
    return stack;
  }

  /** A call whose first attempt has failed, and which waits for the next. */
  private static VirtualStack.Call inBackoff(VirtualStack stack, Kind kind) {
    VirtualStack.Call call = stack.begin(kind.method(), "x");
    assertThat(stack.factory.pendingBackoffs()).isEqualTo(1);
    return call;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void nextAttemptIsMadeWhenTheServerWantsIt(Kind kind) {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server =
          stack.serve(
              (n, call) -> {
                if (n == 1) {
                  call.fail(Status.UNAVAILABLE, PAUSE);
                } else {
                  call.reply("ok");
                }
              });
      VirtualStack.Call call = inBackoff(stack, kind);
      stack.clock.advance(Duration.ofHours(1).minusMillis(1));
      assertThat(server.seen).hasSize(1);
      assertThat(call.untilItEnds().messages).containsExactly("ok");
      assertThat(call.took()).isEqualTo(Duration.ofHours(1));
      assertThat(stack.factory.pendingBackoffs()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void callerCancellationEndsTheBackoff(Kind kind) {
    try (VirtualStack stack = pausing()) {
      VirtualStack.Call call = inBackoff(stack, kind);
      call.call.cancel("no longer", null);
      stack.clock.runDue();
      assertThat(call.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(call.status().getDescription()).startsWith("no longer").contains("during backoff");
      assertThat(stack.servers.get(0).seen).hasSize(1);
      assertThat(stack.factory.pendingBackoffs()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void inboundCancellationEndsTheBackoff(Kind kind) throws Exception {
    try (VirtualStack stack = pausing()) {
      Context.CancellableContext inbound = Context.current().withCancellation();
      VirtualStack.Call call = inbound.call(() -> inBackoff(stack, kind));
      inbound.cancel(null);
      stack.clock.runDue();
      assertThat(call.status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(stack.factory.pendingBackoffs()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void inboundDeadlineEndsTheBackoff(Kind kind) throws Exception {
    try (VirtualStack stack = pausing()) {
      Context.CancellableContext inbound = Context.current().withCancellation();
      VirtualStack.Call call = inbound.call(() -> inBackoff(stack, kind));
      inbound.cancel(new TimeoutException("as a context says it whose time is over"));
      stack.clock.runDue();
      assertThat(call.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void closingTheChannelEndsTheBackoff(Kind kind) {
    VirtualStack.Call call;
    try (VirtualStack stack = pausing()) {
      call = inBackoff(stack, kind);
    }
    assertThat(call.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(call.status().getDescription()).startsWith("the channel was closed");
  }

  /** A backoff that the deadline does not allow is not begun, so nobody waits for nothing. */
  @ParameterizedTest
  @MethodSource("kinds")
  void backoffBeyondTheDeadlineFailsTheCallAtOnce(Kind kind) {
    try (VirtualStack stack = pausing()) {
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.SECONDS);
      VirtualStack.Call call = stack.begin(stack, kind.method(), options, "x");
      assertThat(call.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(stack.servers.get(0).seen).hasSize(1);
    }
  }

  /** After its backoff a hedged call may find that the budget allows no other hedge. */
  @ParameterizedTest
  @MethodSource("kinds")
  void emptyBudgetAfterTheBackoffEndsTheCall(Kind kind) {
    Metadata briefly = new Metadata();
    briefly.put(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER), "1");
    try (VirtualStack stack = new VirtualStack(config -> config.retriesPerSecond = 0)) {
      VirtualServer server = stack.serve((n, call) -> call.fail(Status.UNAVAILABLE, briefly));
      VirtualStack.Call call = stack.call(kind.method(), "x");
      assertThat(call.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.seen).hasSize(1);
    }
  }
}
