package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EtcdRegistryBuilderTest {
  @Test
  void aRegistryThatDoesNotOpenLeavesNoThreadThatReadsFiles() throws Exception {
    EtcdRegistryBuilder builder =
        EtcdRegistry.builder()
            .endpoints("https://127.0.0.1:1")
            .random(
                () -> {
                  throw new IllegalStateException("no random");
                });
    assertThatThrownBy(builder::connect).hasMessage("no random");
    for (Thread each : Thread.getAllStackTraces().keySet()) {
      if (each.getName().startsWith("fairlead-tls-registry-on-https://127.0.0.1:1")) {
        // It was told to end.
        each.join(Duration.ofSeconds(30).toMillis());
        assertThat(each.isAlive()).isFalse();
      }
    }
  }
}
