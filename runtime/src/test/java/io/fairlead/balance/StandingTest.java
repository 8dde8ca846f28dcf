package io.fairlead.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.grpc.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** One number says whether two endpoints can be compared by their calls in flight alone. */
class StandingTest {
  private final Endpoint[] one = VirtualChannel.endpoints(1);
  private final VirtualChannel channel = VirtualChannel.of("least_request", one);

  @Test
  void failuresShowUntilTheyAreForgotten() {
    channel.start(channel.attempt());
    channel.start(channel.attempt());
    assertThat(view().standing()).isEqualTo(2);
    channel.call(channel.attempt(), Status.UNAVAILABLE);
    // Each answer takes a tenth off: from 10 % to 2 % in sixteen.
    for (int i = 0; i < 16; i++) {
      assertThat(view().standing()).isNegative();
      assertThat(view().inFlight()).isEqualTo(2);
      channel.call(channel.attempt());
    }
    assertThat(view().standing()).isEqualTo(2);
  }

  @Test
  void anIdleEndpointIsForgivenToo() {
    channel.call(channel.attempt(), Status.UNAVAILABLE);
    channel.pass(5_000);
    assertThat(view().standing()).isNegative();
    channel.pass(15_000);
    assertThat(view().standing()).isZero();
  }

  @Test
  void whoWarmsUpIsLookedAtCloserWhileItDoes() {
    Endpoint[] two = VirtualChannel.endpoints(2);
    VirtualChannel slow =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("pick_first"))
                .slowStart(SlowStart.over(Duration.ofSeconds(10))),
            Arrays.copyOfRange(two, 1, 2));
    slow.list(two);
    slow.connectAll();
    MemberView cold = view(slow, "e0000");
    assertThat(cold.standing()).isNegative();
    assertThat(cold.inFlight()).isZero();
    slow.pass(11_000);
    assertThat(cold.standing()).isZero();
  }

  @Test
  void callsInFlightOutliveANewWordOfTheRegistry() {
    VirtualChannel.Call call = channel.start(channel.attempt());
    MemberView before = view();
    channel.list(one[0].withWeight(50));
    assertThat(view()).isNotSameAs(before);
    assertThat(view().weight()).isEqualTo(50);
    channel.start(channel.attempt());
    assertThat(view().inFlight()).isEqualTo(2);
    call.end(Status.OK);
    assertThat(view().standing()).isEqualTo(1);
  }

  private MemberView view() {
    return view(channel, "e0000");
  }

  private static MemberView view(VirtualChannel from, String id) {
    Attempt attempt = Attempt.first(null, EndpointGate.OPEN).withEndpoint(id);
    from.pick(attempt);
    return (MemberView) Objects.requireNonNull(attempt.endpoint(), attempt.reason());
  }
}
