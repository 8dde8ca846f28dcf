package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.FaultyProxy;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.RealEtcd;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Endpoints of two clusters by mistake: two ways to one etcd, and one to another. */
final class TwoClustersIT {
  @Test
  void theMinorityIsNamedAndNotUsed() {
    try (RealEtcd many = RealEtcd.start(EtcdRelease.INSTALLED);
        FaultyProxy second = FaultyProxy.to("127.0.0.1", many.port());
        EmbeddedEtcd few = EmbeddedEtcd.start();
        LogCapture log = LogCapture.of("io.fairlead.registry.etcd")) {
      String[] endpoints = {few.endpoint(), many.endpoint(), "http://" + second.authority()};
      // On a slow machine the others are waited for all the same.
      EtcdTimeouts timeouts = EtcdTimeouts.DEFAULT.withStaleAfter(Duration.ofMinutes(1));
      // It begins with any of them.
      for (int seed = 0; seed < 6; seed++) {
        try (EtcdRegistry registry =
            EtcdRegistry.builder()
                .endpoints(endpoints)
                .timeouts(timeouts)
                .random(new SplittableRandom(seed))
                .connect()) {
          Registration registration = registry.register("shop", Endpoints.of("a" + seed));
          RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
          assertThat(registry.health().endpoint()).isNotEqualTo(Optional.of(few.endpoint()));
          RegistryContract.soon("said so", () -> registry.health().lastError().isPresent());
          assertThat(registry.health().lastError().orElseThrow())
              .contains("different etcd clusters", few.endpoint() + " of ", "(not used)");
          assertThat(few.revision()).isEqualTo(1);
        }
      }
      assertThat(log.with("the endpoints are of different etcd clusters"))
          .isNotEmpty()
          .allSatisfy(line -> assertThat(line).contains(few.endpoint(), many.endpoint()));
    }
  }

  /** One that was out of reach at the start, and is found to be another one later. */
  @Test
  void aMajorityThatComesBackIsUsed() {
    try (RealEtcd many = RealEtcd.start(EtcdRelease.INSTALLED);
        FaultyProxy first = FaultyProxy.to("127.0.0.1", many.port());
        FaultyProxy second = FaultyProxy.to("127.0.0.1", many.port());
        EmbeddedEtcd few = EmbeddedEtcd.start()) {
      first.refuse();
      second.refuse();
      EtcdTimeouts timeouts = EtcdTimeouts.DEFAULT.withVerifyInterval(Duration.ofSeconds(1));
      try (EtcdRegistry registry =
          EtcdRegistry.builder()
              .endpoints(
                  few.endpoint(), "http://" + first.authority(), "http://" + second.authority())
              .timeouts(timeouts)
              .connect()) {
        RegistryContract.soon("linked", () -> registry.health().linked());
        assertThat(registry.health().endpoint()).contains(few.endpoint());
        first.accept();
        second.accept();
        RegistryContract.soon(
            "moved",
            () ->
                registry
                    .health()
                    .endpoint()
                    .filter(one -> !one.equals(few.endpoint()))
                    .isPresent());
      }
    }
  }
}
