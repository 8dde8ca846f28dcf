package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.contract.MethodContract;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which deadline, which source and which endpoint a message names. */
class DeadlineTextTest {
  private static final MethodContract<StringValue, StringValue> SLOW =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofMillis(1_500)).build(), true);

  private final VirtualStack stack = new VirtualStack();

  @BeforeEach
  void open() {
    stack.serve((n, call) -> {});
  }

  @AfterEach
  void close() {
    stack.close();
  }

  /** What a caller is told. */
  private static String explained(VirtualStack.Call call) {
    return CallExplanation.of(call.untilItEnds().failure()).orElseThrow().text();
  }

  private static String message(VirtualStack.Call call) {
    StatusRuntimeException failure = call.untilItEnds().failure();
    assertThat(failure.getMessage() + explained(call))
        .doesNotContain("CallOptions", "Name resolution delay", "Context deadline");
    return String.valueOf(failure.getMessage());
  }

  private VirtualStack.Call slow(CallOptions options) {
    return stack.begin(stack, SLOW, options, "x");
  }

  @Test
  void deadlineOfTheCallsSettingsIsTheOneThatIsNamed() {
    // Its clock is the machine's, so it is long: what this test itself takes is little of it.
    CallSettings settings = CallSettings.builder().deadline(Duration.ofSeconds(20)).build();
    VirtualStack.Call call = stack.begin(settings.over(stack), SLOW, CallOptions.DEFAULT, "x");
    assertThat(message(call))
        .startsWith("DEADLINE_EXCEEDED: no response within 20s; ")
        .contains(" of 20s (call settings): ");
    assertThat(explained(call))
        .contains(" of 20s (call settings)\n")
        .contains("deadline 1.5s (contract), not in force");
  }

  @Test
  void deadlineOfTheContractIsNamedWithItsSource() {
    VirtualStack.Call call = slow(CallOptions.DEFAULT);
    assertThat(message(call))
        .startsWith("DEADLINE_EXCEEDED: no response within 1.5s; ")
        .contains(" of 1.5s (contract): ");
    assertThat(explained(call)).contains("deadline 1.5s (contract)").doesNotContain("not in force");
  }

  @Test
  void deadlineOfAStockStubIsNamed() {
    CallOptions options = CallOptions.DEFAULT.withDeadline(stack.deadline(Duration.ofMillis(80)));
    assertThat(message(slow(options))).contains(" of 80ms (call options): ");
  }

  private Context.CancellableContext inbound(Duration deadline) {
    return Context.current().withDeadline(stack.deadline(deadline), stack.clock.scheduler());
  }

  @Test
  void deadlineOfTheInboundCallIsNamed() throws Exception {
    Context.CancellableContext inbound = inbound(Duration.ofMillis(90));
    VirtualStack.Call call = inbound.call(() -> slow(CallOptions.DEFAULT));
    assertThat(message(call)).contains(" of 90ms (the inbound call)");
    inbound.cancel(null);
  }

  @Test
  void inboundDeadlineThatHasPassedIsNoNegativeTime() throws Exception {
    Context.CancellableContext inbound = inbound(Duration.ofSeconds(-1));
    VirtualStack.Call call = inbound.call(() -> slow(CallOptions.DEFAULT));
    assertThat(message(call))
        .startsWith("DEADLINE_EXCEEDED: the deadline had passed before the call began; ");
    inbound.cancel(null);
  }

  @Test
  void broadcastThatRanOutOfTimeNamesTheEndpoints() {
    MethodPolicy everyone =
        MethodPolicy.builder()
            .deadline(Duration.ofMillis(500))
            .failureMode(FailureMode.BROADCAST)
            .build();
    assertThat(message(stack.begin(ScriptedServer.say(everyone, true), "x")))
        .startsWith("DEADLINE_EXCEEDED: 1 of 1 endpoint failed: i1 (");
  }

  @Test
  void streamThatHasBegunIsNotOver() {
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofSeconds(1)).build();
    try (VirtualStack other = new VirtualStack()) {
      other.serve((n, call) -> call.begin());
      assertThat(message(other.begin(ScriptedServer.watch(policy), "x")))
          .startsWith("DEADLINE_EXCEEDED: not over within 1s; ");
    }
  }

  @Test
  void credentialsThatRanOutOfTimeKeepTheirText() {
    CallCredentials late =
        new CallCredentials() {
          @Override
          public void applyRequestMetadata(
              RequestInfo info, Executor executor, MetadataApplier applier) {
            applier.fail(Status.DEADLINE_EXCEEDED.withDescription("no token within 3s"));
          }
        };
    assertThat(message(slow(CallOptions.DEFAULT.withCallCredentials(late))))
        .startsWith("DEADLINE_EXCEEDED: no token within 3s; ");
  }

  @Test
  void endpointsAreNamedByTheirIdsBesideTheirAddresses() {
    assertThat(message(slow(CallOptions.DEFAULT)))
        .contains("#1 " + stack.servers.get(0).target() + " [i1] ");
  }
}
