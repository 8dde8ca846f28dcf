package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FirstLightTest {
  @Test
  void whatIsRegisteredIsSeen() {
    try (Bed bed = new Bed()) {
      Seen seen = bed.watched(bed.registry(), "shop");
      EtcdRegistry server = bed.registry();
      Registration registration = bed.registered(server, "shop", "a");
      bed.soon("a seen", () -> seen.ids().equals(List.of("a")));
      assertThat(seen.bound(Freshness.CURRENT)).isTrue();
      assertThat(bed.etcd().get("shop/a").orElseThrow())
          .startsWith("{\"Op\":0,\"Addr\":\"10.0.0.1:50051\",\"Metadata\":null,\"fairlead\":{");
      registration.close();
      bed.soon("a gone", seen::absent);
      assertThat(registration.status().state()).isEqualTo(State.CLOSED);
      assertThat(bed.etcd().leases()).isEmpty();
    }
  }

  @Test
  void aRestartOfEtcdIsHealed() {
    try (Bed bed = new Bed()) {
      EtcdRegistry registry = bed.registry();
      Seen seen = bed.watched(registry, "shop");
      bed.registered(registry, "shop", "a");
      bed.soon("a seen", () -> seen.ids().equals(List.of("a")));
      bed.etcd().faults().stop();
      bed.soon("noticed", () -> !registry.health().linked());
      bed.pass(Duration.ofMinutes(2));
      assertThat(seen.ids()).containsExactly("a");
      assertThat(seen.bound(Freshness.STALE)).isTrue();
      bed.etcd().faults().restart();
      bed.within(Duration.ofSeconds(2), "current again", () -> seen.bound(Freshness.CURRENT));
      assertThat(seen.all().stream().skip(2).map(Seen::ids)).allMatch(ids -> ids.contains("a"));
    }
  }
}
