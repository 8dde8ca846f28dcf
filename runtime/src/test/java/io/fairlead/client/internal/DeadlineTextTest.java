package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.observe.CallExplanation;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which deadline, which source and which endpoint a message names. */
@Timeout(60)
class DeadlineTextTest {
  private static final MethodContract<StringValue, StringValue> SLOW =
      ScriptedServer.say(MethodPolicy.builder().deadline(Duration.ofMillis(1_500)).build(), true);

  @SuppressWarnings("NullAway.Init") // opened before each test
  private ScriptedServer silent;

  @SuppressWarnings("NullAway.Init") // as above
  private RpcChannel channel;

  @BeforeEach
  void open() throws Exception {
    silent =
        ScriptedServer.start(
            (n, call) -> {
              if (n == 1) {
                call.reply("connected");
              }
            });
    channel =
        RpcChannel.to("memory:///echo")
            .registry(StaticRegistry.of("echo", Endpoint.of("echo-7", "127.0.0.1", silent.port())))
            .build();
    // The short deadlines below are no time for the first connection of a process.
    MethodPolicy patient = MethodPolicy.builder().deadline(Duration.ofSeconds(30)).build();
    assertThat(ScriptedServer.call(channel, ScriptedServer.say(patient, true), "x"))
        .isEqualTo("connected");
  }

  @AfterEach
  void close() {
    channel.close();
    silent.close();
  }

  private static String message(ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).isNotNull();
    String explained = CallExplanation.of(failure).map(CallExplanation::text).orElse("");
    assertThat(failure.getMessage() + explained)
        .doesNotContain("CallOptions", "Name resolution delay", "Context deadline");
    return String.valueOf(failure.getMessage());
  }

  private static void ask(Channel channel) {
    StringValue unused = ClientCalls.over(channel).unary(SLOW, StringValue.of("x"));
  }

  @Test
  void deadlineOfTheCallsSettingsIsTheOneThatIsNamed() {
    Channel view = channel.with(CallSettings.builder().deadline(Duration.ofMillis(100)).build());
    assertThat(message(() -> ask(view)))
        .startsWith("DEADLINE_EXCEEDED: no response within 100ms; ")
        .contains(" of 100ms (call settings): ");
  }

  @Test
  void deadlineOfTheContractIsNamedWithItsSource() {
    assertThat(message(() -> ask(channel))).contains(" of 1.5s (contract): ");
  }

  @Test
  void deadlineOfAStockStubIsNamed() {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(80, TimeUnit.MILLISECONDS);
    assertThat(
            message(
                () ->
                    io.grpc.stub.ClientCalls.blockingUnaryCall(
                        channel, SLOW.descriptor(), options, StringValue.of("x"))))
        .containsPattern(" of \\d{1,2}ms \\(call options\\): ");
  }

  @Test
  void deadlineOfTheInboundCallIsNamed() {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    Context.CancellableContext inbound =
        Context.current().withDeadline(Deadline.after(90, TimeUnit.MILLISECONDS), timer);
    try {
      assertThat(message(() -> inbound.run(() -> ask(channel))))
          .containsPattern(" of \\d{1,2}ms \\(the inbound call\\)");
    } finally {
      inbound.cancel(null);
      timer.shutdownNow();
    }
  }

  @Test
  void inboundDeadlineThatHasPassedIsNoNegativeTime() {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    Context.CancellableContext inbound =
        Context.current().withDeadline(Deadline.after(-1, TimeUnit.SECONDS), timer);
    try {
      assertThat(message(() -> inbound.run(() -> ask(channel))))
          .startsWith("DEADLINE_EXCEEDED: the deadline had passed before the call began; ");
    } finally {
      inbound.cancel(null);
      timer.shutdownNow();
    }
  }

  @Test
  void broadcastThatRanOutOfTimeNamesTheEndpoints() {
    MethodContract<StringValue, StringValue> everyone =
        ScriptedServer.say(
            MethodPolicy.builder()
                .deadline(Duration.ofMillis(500))
                .failureMode(FailureMode.BROADCAST)
                .build(),
            true);
    assertThat(message(() -> ScriptedServer.call(channel, everyone, "x")))
        .startsWith("DEADLINE_EXCEEDED: 1 of 1 endpoint failed: echo-7 (");
  }

  @Test
  void streamThatHasBegunIsNotOver() throws Exception {
    MethodPolicy policy = MethodPolicy.builder().deadline(Duration.ofSeconds(1)).build();
    try (ScriptedServer slow = ScriptedServer.start((n, call) -> call.begin());
        RpcChannel toSlow = RpcChannel.to(slow.target()).build()) {
      assertThat(
              message(
                  () ->
                      io.grpc.stub.ClientCalls.blockingServerStreamingCall(
                              toSlow,
                              ScriptedServer.watch(policy).descriptor(),
                              CallOptions.DEFAULT,
                              StringValue.of("x"))
                          .hasNext()))
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
    CallOptions options = CallOptions.DEFAULT.withCallCredentials(late);
    assertThat(
            message(
                () ->
                    io.grpc.stub.ClientCalls.blockingUnaryCall(
                        channel, SLOW.descriptor(), options, StringValue.of("x"))))
        .startsWith("DEADLINE_EXCEEDED: no token within 3s; ");
  }

  @Test
  void endpointsAreNamedByTheirIdsBesideTheirAddresses() {
    Channel view = channel.with(CallSettings.builder().deadline(Duration.ofMillis(100)).build());
    assertThat(message(() -> ask(view))).contains("#1 127.0.0.1:" + silent.port() + " [echo-7] ");
  }
}
