package io.fairlead.balance.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.balance.Balancer;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.BalancerFactory;
import io.fairlead.balance.Balancers;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointView;
import io.fairlead.discovery.Endpoint;
import io.fairlead.policy.BalancerSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The example of docs/balancing.md, run. */
class OwnBalancerTest {
  // tag::own-balancer[]
  /**
   * Calls go to endpoints with a tag, such as a local disk, and to others only when those are busy.
   */
  static final class TaggedFirst implements BalancerFactory {
    @Override
    public String name() {
      return "tagged_first";
    }

    @Override
    public Balancer create(BalancerConfigReader config) {
      String tag = config.getString("tag", "ssd");
      int busyAt = config.getInt("busy_at", 10, 1, 1_000);
      return candidates -> {
        EndpointView[] tagged =
            candidates.usable().stream()
                .filter(view -> view.endpoint().tags().containsKey(tag))
                .toArray(EndpointView[]::new);
        EndpointView[] all = candidates.usable().toArray(new EndpointView[0]);
        return pick -> {
          for (EndpointView view : tagged) {
            if (view.inFlight() < busyAt && pick.allows(view)) {
              pick.reason("tagged_first: tagged, {0} in flight", view.inFlight(), 0);
              return view;
            }
          }
          int start = pick.random(all.length);
          for (int i = 0; i < all.length; i++) {
            EndpointView view = all[(start + i) % all.length];
            if (pick.allows(view)) {
              pick.reason("tagged_first: any, {0} tagged ones are busy", tagged.length, 0);
              return view;
            }
          }
          return null;
        };
      };
    }
  }

  // end::own-balancer[]

  @Test
  void anOwnBalancerIsAskedForByName() {
    Balancers.register(new TaggedFirst());
    Endpoint[] three = VirtualChannel.endpoints(3);
    Endpoint plain = three[2];
    three[2] = plain.toBuilder("fast").tags(Map.of("ssd", "yes")).build();
    VirtualChannel channel =
        VirtualChannel.with(
            BalancingOptions.builder()
                .balancer(new BalancerSpec("tagged_first", Map.of("busy_at", 3))),
            three);
    for (int i = 0; i < 3; i++) {
      LoadBalancingContext context = channel.attempt();
      assertThat(channel.start(context).id()).isEqualTo("fast");
      assertThat(context.reason()).isEqualTo("tagged_first: tagged, " + i + " in flight");
    }
    LoadBalancingContext fourth = channel.attempt();
    channel.start(fourth);
    assertThat(fourth.reason()).isEqualTo("tagged_first: any, 1 tagged ones are busy");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> BalancerCatalog.check(new BalancerSpec("tagged_first", Map.of("busy_from", 3))))
        .withMessage("tagged_first has no parameter busy_from; it knows busy_at, tag");
  }
}
