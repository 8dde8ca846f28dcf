package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The names of services, asked for as soon as a registry is there. */
@Timeout(120)
final class ServiceScanTest {
  private final EmbeddedWorld world = new EmbeddedWorld();

  @AfterEach
  void closeWorld() {
    world.close();
  }

  @Test
  void aRegistryThatWasJustOpenedAnswersOnceItIsLinked() {
    EtcdRegistry registry = world.registry();
    CompletableFuture<List<String>> services = registry.services().toCompletableFuture();
    assertThat(services).as("before it can be linked").isNotDone();
    world.soon("listed", services::isDone);
    assertThat(services.join()).isEmpty();
  }

  @Test
  void aRegistryThatCannotBeLinkedSaysWhyAtItsFirstFailure() {
    world.proxy().refuse();
    EtcdRegistry registry = world.registry();
    CompletableFuture<List<String>> services = registry.services().toCompletableFuture();
    world.soon("failed", services::isDone);
    assertThatThrownBy(services::join).hasMessageContaining("etcd at ");
    CompletableFuture<List<String>> again = registry.services().toCompletableFuture();
    world.soon("failed at once", again::isDone);
    assertThatThrownBy(again::join).hasMessageContaining("etcd at ");
  }
}
