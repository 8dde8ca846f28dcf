package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.MethodPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Streams on which nothing moves, in virtual time. */
class IdleTimerTest {
  private static final MethodContract<StringValue, StringValue> WATCH =
      ScriptedServer.watch(MethodPolicy.builder().idleTimeout(Duration.ofMillis(100)).build());

  @Test
  void idleStreamIsEndedWithAReason() {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> {});
      VirtualStack.Call call = stack.call(WATCH, "go");
      assertThat(call.took()).isEqualTo(Duration.ofMillis(100));
      assertThat(call.failure())
          .hasMessageStartingWith(
              "CANCELLED: no message in either direction for 100ms (idleTimeout, contract); "
                  + "test.Echo/Watch failed after ")
          .satisfies(e -> assertThat(CallExplanation.of(e)).isPresent());
      stack.clock.runDue();
      assertThat(server.seen.get(0).cancelled).isTrue();
    }
  }

  @Test
  void messageKeepsAStreamForAnotherTime() {
    try (VirtualStack stack = new VirtualStack()) {
      VirtualServer server = stack.serve((n, call) -> {});
      VirtualStack.Call call = stack.begin(WATCH, "go");
      for (int i = 0; i < 5; i++) {
        stack.clock.advance(Duration.ofMillis(90));
        server.seen.get(0).message("" + i);
        stack.clock.runDue();
      }
      assertThat(call.over()).isFalse();
      call.untilItEnds();
      assertThat(call.took()).isEqualTo(Duration.ofMillis(5 * 90 + 100));
      assertThat(call.messages).containsExactly("0", "1", "2", "3", "4");
    }
  }

  @Test
  void streamThatIsOverIsNotWatched() {
    try (VirtualStack stack = new VirtualStack()) {
      stack.serve((n, call) -> call.reply("done"));
      VirtualStack.Call call = stack.call(WATCH, "go");
      stack.clock.advance(Duration.ofSeconds(1));
      assertThat(call.status().isOk()).isTrue();
    }
  }
}
