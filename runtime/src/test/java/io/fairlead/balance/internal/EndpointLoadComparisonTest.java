package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.internal.algorithm.PackedLoads;
import io.fairlead.discovery.Endpoint;
import io.fairlead.policy.BalancerSpec;
import io.grpc.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** One number says whether two endpoints can be compared by their calls in flight alone. */
class EndpointLoadComparisonTest {
  private final Endpoint[] one = VirtualChannel.endpoints(1);
  private final VirtualChannel channel = VirtualChannel.of("least_request", one);

  @Test
  void failuresMarkAnEndpointUntilTheyDecay() {
    channel.start(channel.attempt());
    channel.start(channel.attempt());
    assertThat(PackedLoads.of(view())).isEqualTo(2);
    channel.call(channel.attempt(), Status.UNAVAILABLE);
    // Each answer takes a tenth off: from 10 % to 2 % in sixteen.
    for (int i = 0; i < 16; i++) {
      assertThat(PackedLoads.of(view())).isNegative();
      assertThat(view().inFlight()).isEqualTo(2);
      channel.call(channel.attempt());
    }
    assertThat(PackedLoads.of(view())).isEqualTo(2);
  }

  @Test
  void idleEndpointRecoversToo() {
    channel.call(channel.attempt(), Status.UNAVAILABLE);
    channel.pass(5_000);
    assertThat(PackedLoads.of(view())).isNegative();
    channel.pass(15_000);
    assertThat(PackedLoads.of(view())).isZero();
  }

  @Test
  void warmingEndpointIsMarkedDuringSlowStart() {
    Endpoint[] two = VirtualChannel.endpoints(2);
    VirtualChannel slow =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(BalancerSpec.of("pick_first"))
                .slowStart(Duration.ofSeconds(10)),
            Arrays.copyOfRange(two, 1, 2));
    slow.list(two);
    slow.connectAll();
    EndpointHandle cold = view(slow, "e0000");
    assertThat(PackedLoads.of(cold)).isNegative();
    assertThat(cold.inFlight()).isZero();
    slow.pass(11_000);
    assertThat(PackedLoads.of(cold)).isZero();
  }

  @Test
  void inFlightCountSurvivesARegistryUpdate() {
    VirtualChannel.Call call = channel.start(channel.attempt());
    EndpointHandle before = view();
    channel.list(one[0].withWeight(50));
    assertThat(view()).isNotSameAs(before);
    assertThat(view().weight()).isEqualTo(50);
    channel.start(channel.attempt());
    assertThat(view().inFlight()).isEqualTo(2);
    call.end(Status.OK);
    assertThat(PackedLoads.of(view())).isEqualTo(1);
  }

  private EndpointHandle view() {
    return view(channel, "e0000");
  }

  private static EndpointHandle view(VirtualChannel from, String id) {
    LoadBalancingContext context = LoadBalancingContext.first(PickRequest.ANY.withEndpoint(id));
    from.pick(context);
    return (EndpointHandle) Objects.requireNonNull(context.endpoint(), context.reason());
  }
}
