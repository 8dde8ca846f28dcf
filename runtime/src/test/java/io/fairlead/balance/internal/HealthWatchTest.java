package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.internal.HealthService.ServingStatus;
import io.fairlead.testkit.LogCapture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the answers to the watch of an endpoint's health do to its calls, in virtual time. */
class HealthWatchTest {
  private final Watches watches = new Watches();

  private VirtualChannel channel(BalancingOptions.Builder options) {
    VirtualChannel channel = new VirtualChannel(options.build(), 42);
    channel.watches = watches;
    channel.list(VirtualChannel.endpoints(1));
    channel.connectAll();
    return channel;
  }

  private VirtualChannel channel() {
    return channel(BalancingOptions.builder());
  }

  private static boolean takesCalls(VirtualChannel channel) {
    return channel.pick(channel.attempt()).getSubchannel() != null;
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {
        "OK",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "UNIMPLEMENTED",
        "UNAVAILABLE",
        "INTERNAL",
        "UNKNOWN",
        "CANCELLED",
        "INVALID_ARGUMENT"
      })
  void callsGoToAServerThatRefusesTheWatch(Status.Code refusal) {
    VirtualChannel channel = channel();
    assertThat(takesCalls(channel)).as("before the first answer").isFalse();
    watches.last().end(refusal.toStatus());
    assertThat(takesCalls(channel)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = ServingStatus.class,
      names = {"UNKNOWN", "SERVICE_UNKNOWN"})
  void callsGoToAServerThatDoesNotKnowItsHealth(ServingStatus said) {
    VirtualChannel channel = channel();
    watches.last().answer(said);
    assertThat(takesCalls(channel)).isTrue();
  }

  @Test
  void callsGoToAServerThatNeverAnswersTheWatch() {
    VirtualChannel channel = channel();
    channel.pass(999);
    assertThat(takesCalls(channel)).isFalse();
    channel.pass(1);
    assertThat(takesCalls(channel)).isTrue();
    watches.last().answer(ServingStatus.NOT_SERVING);
    assertThat(takesCalls(channel)).as("a late answer counts").isFalse();
  }

  @Test
  void serverThatSaysNotServingGetsNoCallsUntilItSaysServing() {
    VirtualChannel channel = channel();
    watches.last().answer(ServingStatus.NOT_SERVING);
    assertThat(takesCalls(channel)).isFalse();
    watches.last().end(Status.UNAVAILABLE);
    assertThat(takesCalls(channel)).as("its last word holds").isFalse();
    channel.pass(1_300);
    watches.last().answer(ServingStatus.SERVING);
    assertThat(takesCalls(channel)).isTrue();
  }

  @Test
  void serverThatSaidNotServingGetsNoCallsWhenTheWatchFailsLater() {
    VirtualChannel channel = channel();
    watches.last().answer(ServingStatus.NOT_SERVING);
    watches.last().end(Status.UNAVAILABLE);
    channel.pass(1_300);
    watches.last().end(Status.RESOURCE_EXHAUSTED);
    assertThat(takesCalls(channel)).as("refused").isFalse();
    channel.pass(10_000);
    assertThat(takesCalls(channel)).as("not answered").isFalse();
    watches.last().answer(ServingStatus.SERVICE_UNKNOWN);
    assertThat(takesCalls(channel)).as("answered otherwise").isTrue();
  }

  @Test
  void callsComeBackWhenAServerThatSaidNotServingHasNoHealthServiceAnyMore() {
    VirtualChannel channel = channel();
    watches.last().answer(ServingStatus.NOT_SERVING);
    watches.last().end(Status.UNAVAILABLE);
    channel.pass(1_300);
    watches.last().end(Status.UNIMPLEMENTED);
    assertThat(takesCalls(channel)).isTrue();
  }

  @Test
  void callsComeBackWithANewConnectionToAServerThatSaidNotServing() {
    VirtualChannel channel = channel();
    watches.last().answer(ServingStatus.NOT_SERVING);
    channel.fail("e0000");
    channel.connect("e0000");
    watches.last().end(Status.UNAUTHENTICATED);
    assertThat(takesCalls(channel)).isTrue();
  }

  @Test
  void serverThatEndsEachWatchAfterItsAnswerIsAskedLessAndLess() {
    VirtualChannel channel = channel();
    for (int i = 0; i < 600; i++) {
      if (!watches.last().ended) {
        watches.last().answer(ServingStatus.SERVING);
        watches.last().end(Status.OK);
      }
      channel.pass(1_000);
    }
    assertThat(watches.opened).hasSizeBetween(8, 14);
    assertThat(takesCalls(channel)).isTrue();
  }

  @Test
  void refusedWatchIsSaidOnceForEachEndpointAndNamesTheSettings() {
    try (LogCapture log = LogCapture.of(ManagedEndpoint.class.getName())) {
      VirtualChannel channel = channel();
      Status refusal = Status.UNAUTHENTICATED.withDescription("no token in HealthWatchTest");
      for (int i = 0; i < 5; i++) {
        watches.last().end(refusal);
        channel.fail("e0000");
        channel.connect("e0000");
      }
      assertThat(log.with("in HealthWatchTest")).hasSize(1);
      assertThat(log.with("in HealthWatchTest").get(0))
          .contains("UNAUTHENTICATED", "strictHealth(", "watchHeader(", "withoutHealth()");
    }
  }

  @Test
  void explanationSaysThatTheHealthIsNotKnown() {
    VirtualChannel channel = channel();
    watches.last().end(Status.PERMISSION_DENIED.withDescription("not you"));
    LoadBalancingContext attempt = channel.attempt();
    channel.call(attempt);
    assertThat(attempt.reason())
        .endsWith("; its health is not known: Health/Watch gave PERMISSION_DENIED (not you)");
  }

  @Test
  void strictHealthSendsCallsOnlyToAServerThatSaysServing() {
    VirtualChannel channel = channel(BalancingOptions.builder().strictHealth(true));
    watches.last().end(Status.UNAUTHENTICATED);
    LoadBalancingContext attempt = channel.attempt();
    assertThat(channel.pick(attempt).getStatus().getDescription())
        .contains("its health is not known: Health/Watch gave UNAUTHENTICATED")
        .contains("strictHealth is on");
    channel.pass(1_300);
    watches.last().answer(ServingStatus.SERVING);
    assertThat(takesCalls(channel)).isTrue();
  }

  @Test
  void watchCarriesTheHeadersThatAServerWants() {
    channel(BalancingOptions.builder().watchHeader("x-token", "secret"));
    Metadata.Key<String> key = Metadata.Key.of("x-token", Metadata.ASCII_STRING_MARSHALLER);
    assertThat(watches.last().headers.get(key)).isEqualTo("secret");
    assertThat(BalancingOptions.builder().watchHeader("x-token", "secret").build().toString())
        .contains("x-token")
        .doesNotContain("secret");
  }

  @Test
  void lostConnectionDoesNotLeaveATimer() {
    VirtualChannel channel = channel();
    channel.shutdown();
    assertThat(channel.hasTimers()).isFalse();
    assertThat(channel.state()).isNotEqualTo(ConnectivityState.READY);
  }

  /** Opens the watches, and says what a test wants. */
  private static final class Watches extends Channel {
    final List<Watch> opened = new ArrayList<>();

    Watch last() {
      return opened.get(opened.size() - 1);
    }

    @Override
    @SuppressWarnings("unchecked") // the balancer opens no other streams here
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      Watch watch = new Watch();
      opened.add(watch);
      return (ClientCall<Q, R>) watch;
    }

    @Override
    public String authority() {
      return "names";
    }
  }

  private static final class Watch extends ClientCall<Object, ServingStatus> {
    private @Nullable Listener<ServingStatus> listener;
    Metadata headers = new Metadata();
    boolean ended;

    void answer(ServingStatus status) {
      Objects.requireNonNull(listener).onMessage(status);
    }

    void end(Status status) {
      ended = true;
      Objects.requireNonNull(listener).onClose(status, new Metadata());
    }

    @Override
    public void start(Listener<ServingStatus> responseListener, Metadata sent) {
      listener = responseListener;
      headers = sent;
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Object message) {}
  }
}
