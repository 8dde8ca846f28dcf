package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Resolution;
import io.fairlead.discovery.Watch;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every registry does for those who read it. */
abstract class RegistryContract {
  static final String SHOP = "shop";
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  /** Says all that an endpoint can say. */
  static final Endpoint FULL =
      Endpoint.builder("a")
          .addresses(Address.grpc("10.0.0.1", 50051), new Address("http", "fe80::1", 80))
          .zone("zone-1")
          .weight(70)
          .version("1.2")
          .tags(Map.of("tier", "gold"))
          .startedAt(Instant.parse("2026-01-02T03:04:05Z"))
          .build();

  /** A registry in which these endpoints of {@link #SHOP} are found. */
  abstract Registry holding(Endpoint... endpoints);

  @AfterEach
  abstract void closeAll();

  static void soon(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE_NANOS) {
        throw new AssertionError("not so: " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  static RecordedResolutions watched(Registry registry, String service) {
    RecordedResolutions recordedResolutions = new RecordedResolutions();
    registry.watch(service, recordedResolutions);
    return recordedResolutions;
  }

  @Test
  void aWatchTellsWholeListsOrderedById() {
    Registry registry =
        holding(
            Endpoint.of("b", "10.0.0.2", 1),
            Endpoint.of("c", "10.0.0.3", 1),
            Endpoint.of("a", "10.0.0.1", 1));
    RecordedResolutions recordedResolutions = watched(registry, SHOP);
    soon("all seen", () -> recordedResolutions.ids().equals(List.of("a", "b", "c")));
    assertThat(recordedResolutions.bound(Resolution.Freshness.CURRENT)).isTrue();
  }

  @Test
  void everythingThatAnEndpointSaysArrives() {
    RecordedResolutions recordedResolutions = watched(holding(FULL), SHOP);
    soon("seen", () -> recordedResolutions.ids().equals(List.of("a")));
    assertThat(recordedResolutions.endpoint("a")).isEqualTo(FULL);
  }

  @Test
  void aServiceWithoutEndpointsIsAbsent() {
    RecordedResolutions recordedResolutions = watched(holding(FULL), "nobody");
    soon("absent", recordedResolutions::absent);
    assertThat(((Resolution.Absent) recordedResolutions.last()).service()).isEqualTo("nobody");
  }

  @Test
  void aServiceDoesNotSeeOneWithALongerName() {
    RecordedResolutions recordedResolutions = watched(holding(FULL), "sho");
    soon("absent", recordedResolutions::absent);
  }

  @Test
  void servicesAreListed() {
    Registry registry = holding(FULL);
    RecordedResolutions recordedResolutions = watched(registry, SHOP);
    soon("seen", () -> recordedResolutions.ids().size() == 1);
    assertThat(registry.services().toCompletableFuture().join()).containsExactly(SHOP);
  }

  @Test
  void failingObserverDoesNotAffectOthers() {
    Registry registry = holding(FULL);
    Watch failing =
        registry.watch(
            SHOP,
            news -> {
              throw new IllegalStateException("the observer's own fault");
            });
    RecordedResolutions recordedResolutions = watched(registry, SHOP);
    soon("seen", () -> recordedResolutions.ids().size() == 1);
    failing.close();
  }

  @Test
  void closingTwiceIsHarmless() {
    Registry registry = holding(FULL);
    Watch watch = registry.watch(SHOP, new RecordedResolutions());
    watch.close();
    assertThatCode(watch::close).doesNotThrowAnyException();
    registry.close();
    assertThatCode(registry::close).doesNotThrowAnyException();
  }
}
