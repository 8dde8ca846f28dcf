package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class SharedCountTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final String KEY = "fairlead-quota:tenants:acme%2Feu";

  private final EmbeddedWorld world = new EmbeddedWorld();

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private CompletableFuture<Long> take(EtcdRegistry registry, long amount) {
    return registry.take("tenants:acme/eu", amount, 100, MINUTE).toCompletableFuture();
  }

  private long taken(CompletableFuture<Long> request) {
    world.soon("taken", request::isDone);
    return request.join();
  }

  @Test
  void processesThatTakeAtOnceNeverTakeMoreThanThereIs() {
    List<EtcdRegistry> registries = List.of(world.direct(), world.direct(), world.direct());
    registries.forEach(each -> world.soon("linked", () -> each.health().linked()));
    List<CompletableFuture<Long>> requests = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      registries.forEach(each -> requests.add(take(each, 9)));
    }
    long sum = requests.stream().mapToLong(this::taken).sum();
    assertThat(sum).isEqualTo(100);
    assertThat(world.get(KEY)).isEqualTo("100");
    assertThat(taken(take(registries.get(0), 1))).isZero();
    // Leases of those that were second are given back without anybody waiting for it.
    world.soon("left with the lease of the count alone", () -> world.leases() == 1);
  }

  @Test
  void aCountIsNoServiceAndIsForgottenWhenItsTimeIsOver() {
    EtcdRegistry registry = world.direct();
    world.soon("linked", () -> registry.health().linked());
    assertThat(taken(take(registry, 60))).isEqualTo(60);
    assertThat(taken(take(registry, 60))).isEqualTo(40);
    CompletableFuture<List<String>> services = registry.services().toCompletableFuture();
    world.soon("listed", services::isDone);
    assertThat(services.join()).isEmpty();
    world.within(MINUTE.plusSeconds(5), "forgotten", () -> world.get(KEY).isEmpty());
    assertThat(taken(take(registry, 60))).isEqualTo(60);
  }

  @Test
  void withoutEtcdNothingIsTakenAndTheReasonIsSaid() {
    EtcdRegistry registry = world.registry();
    world.soon("linked", () -> registry.health().linked());
    world.proxy().refuse();
    world.proxy().cut();
    world.soon("lost", () -> !registry.health().linked());
    CompletableFuture<Long> request = take(registry, 1);
    world.soon("failed", request::isDone);
    assertThatThrownBy(request::join).hasMessageContaining("etcd at ");
    assertThat(world.get(KEY)).isEmpty();
  }

  @Test
  void aKeyThatIsNoNumberIsNotOverwritten() {
    EtcdRegistry registry = world.direct();
    world.soon("linked", () -> registry.health().linked());
    world.put(KEY, "many");
    CompletableFuture<Long> request = take(registry, 1);
    world.soon("failed", request::isDone);
    assertThatThrownBy(request::join)
        .hasMessageContaining("holds \"many\", which is no number; delete it");
  }
}
