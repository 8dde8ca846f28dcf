package io.fairlead.bench.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.etcd.embedded.EmbeddedEtcd;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A rehearsal with few of everything, on the embedded etcd: every measurement still works. */
final class RegistryBenchTest {
  @Test
  void everyMeasurementPrintsItsFigures() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      RegistryBench.run(etcd.endpoint(), new Sizes(100, 5, 2, 10, 50, 1, 20, 8), out);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("register -> snapshot:", "20 watchers of one service")
        .contains("first snapshot of 100 instances", "first snapshots of 5 services")
        .containsPattern("\n +100 +[0-9.]+ ")
        .contains("50 changes in", "CPU of the registry's thread");
  }

  @Test
  void percentilesAreOfWhatWasAdded() {
    Percentiles percentiles = new Percentiles();
    for (int i = 2000; i > 0; i--) {
      percentiles.add(i * 1000L);
    }
    assertThat(percentiles.at(0.5)).isBetween(1000.0, 1001.0);
    assertThat(percentiles.at(0.99)).isBetween(1980.0, 1981.0);
    assertThat(percentiles.at(1)).isEqualTo(2000.0);
  }
}
