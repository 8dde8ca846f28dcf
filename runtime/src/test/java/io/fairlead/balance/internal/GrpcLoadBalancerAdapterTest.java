package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.policy.BalancerSpec;
import io.grpc.Status;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** grpc-java's own balancers over the channel's connections. */
class GrpcLoadBalancerAdapterTest {
  @Test
  void aStockBalancerChoosesOverTheSameConnections() {
    VirtualChannel channel = VirtualChannel.of("grpc:round_robin", VirtualChannel.endpoints(4));
    assertThat(channel.spread(400).values()).containsExactly(100, 100, 100, 100);
    assertThat(channel.links()).isEqualTo(4);
    LoadBalancingContext context = channel.attempt();
    channel.call(context);
    assertThat(context.reason()).isEqualTo("grpc-java's balancer chose, in pick 1 of at most 5");

    channel.fail("e0001");
    assertThat(channel.spread(90).keySet()).containsExactlyInAnyOrder("e0000", "e0002", "e0003");
    channel.connect("e0001");
    assertThat(channel.spread(400)).hasSize(4);
    channel.list(VirtualChannel.endpoints(2));
    assertThat(channel.spread(100).values()).containsExactly(50, 50);
    channel.shutdown();
    assertThat(channel.links()).isZero();
  }

  @Test
  void triedEndpointsAreAvoidedByPickingAgain() {
    VirtualChannel channel = VirtualChannel.of("grpc:pick_first", VirtualChannel.endpoints(3));
    assertThat(channel.spread(10)).hasSize(1);
    Set<String> tried = new HashSet<>();
    LoadBalancingContext context = channel.attempt();
    for (int i = 0; i < 3; i++) {
      tried.add(channel.call(context, Status.UNAVAILABLE));
      context = context.next();
    }
    assertThat(tried).hasSize(3);
    LoadBalancingContext second = channel.attempt();
    channel.call(second);
    second = second.next();
    channel.call(second);
    assertThat(second.reason()).contains("grpc-java's balancer named none that may take it");
  }

  @Test
  void itsParametersAreCheckedByItsOwnProvider() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                BalancerCatalog.check(
                    new BalancerSpec("outlier_detection_experimental", Map.of("interval", "x"))))
        .withMessageContaining("is refused by grpc-java");
  }
}
