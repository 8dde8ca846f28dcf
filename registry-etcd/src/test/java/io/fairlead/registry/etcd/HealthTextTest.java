package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Resolution.Freshness;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What people read when they print a registry's health. */
class HealthTextTest {
  @Test
  void itReadsAsALineWithPlainTimes() {
    WatchHealth heard =
        new WatchHealth("shop", Optional.of(Freshness.CURRENT), 3, 41, Duration.ZERO, 1, 0, 0, 0);
    RegistryHealth health =
        new RegistryHealth(
            true,
            Optional.of("http://127.0.0.1:2379"),
            Duration.ofMinutes(2),
            Optional.empty(),
            1,
            Optional.of(Duration.ofMillis(9500)),
            0,
            List.of(),
            List.of(heard));
    assertThat(health)
        .hasToString(
            "linked to http://127.0.0.1:2379 for 2m, link losses 1, lease for 9.5s more,"
                + " lease losses 0, registrations [], watches [shop: CURRENT, 3 endpoints of"
                + " revision 41, missing 0, relists 1, replacements 0, preserved 0 times]");
  }

  @Test
  void itSaysWhatIsWrong() {
    WatchHealth unheard =
        new WatchHealth("shop", Optional.empty(), 0, 0, Duration.ofSeconds(90), 0, 0, 0, 0);
    RegistryHealth health =
        new RegistryHealth(
            false,
            Optional.empty(),
            Duration.ofSeconds(90),
            Optional.of("connection refused"),
            1,
            Optional.empty(),
            2,
            List.of(),
            List.of(unheard));
    assertThat(health)
        .hasToString(
            "not linked for 90s (connection refused), link losses 1, no lease, lease losses 2,"
                + " registrations [], watches [shop: no list, 0 endpoints of revision 0, not heard"
                + " for 90s, missing 0, relists 0, replacements 0, preserved 0 times]");
  }
}
