package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people read when they print a registry's health. */
class HealthTextTest {
  @Test
  void itReadsAsALineWithPlainTimes() {
    WatchHealth heard =
        WatchHealth.builder()
            .service("shop")
            .freshness(Freshness.CURRENT)
            .endpoints(3)
            .revision(41)
            .relists(1)
            .build();
    RegistryHealth health =
        RegistryHealth.builder()
            .linked(true)
            .endpoint("http://127.0.0.1:2379")
            .linkAge(Duration.ofMinutes(2))
            .linkLosses(1)
            .leaseRemaining(Duration.ofMillis(9500))
            .watches(List.of(heard))
            .build();
    assertThat(health)
        .hasToString(
            "linked to http://127.0.0.1:2379 for 2m, link losses 1, lease for 9.5s more,"
                + " lease losses 0, registrations [], watches [shop: CURRENT, 3 endpoints of"
                + " revision 41, missing 0, relists 1, replacements 0, preserved 0 times]");
  }

  @Test
  void itSaysWhatIsWrong() {
    WatchHealth unheard = WatchHealth.builder().service("shop").age(Duration.ofSeconds(90)).build();
    RegistryHealth health =
        RegistryHealth.builder()
            .linkAge(Duration.ofSeconds(90))
            .lastError("connection refused")
            .linkLosses(1)
            .leaseLosses(2)
            .watches(List.of(unheard))
            .build();
    assertThat(health)
        .hasToString(
            "not linked for 90s (connection refused), link losses 1, no lease, lease losses 2,"
                + " registrations [], watches [shop: no list, 0 endpoints of revision 0, not heard"
                + " for 90s, missing 0, relists 0, replacements 0, preserved 0 times]");
  }
}
