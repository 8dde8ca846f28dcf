package io.fairlead.samples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.SampleRun;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart as a person runs it: real processes, one of them killed, and no failed call. */
class QuickstartIT {
  @TempDir Path folder;

  private List<String> run(int expectedExit, String... options) throws Exception {
    return SampleRun.toExit(expectedExit, folder, "quickstart", options).lines();
  }

  @Test
  void everyPromiseIsKept() throws Exception {
    List<String> lines = run(0, "--plain");
    for (String step :
        List.of(
            "Three instances are up",
            "Killed model-2 with -9: it gets no more calls",
            "Started model-2 again: it answers",
            "Added model-4: it answers",
            "Drained model-1 gracefully: its process ended in good order",
            "Took etcd away, with all it knew: the client keeps its last list",
            "Brought an empty etcd back: every instance registered again by itself")) {
      assertThat(lines)
          .anyMatch(line -> line.startsWith("✓ " + step) && line.contains(" 0 failed"));
    }
    assertThat(lines)
        .anyMatch(line -> line.matches("[\\d,]+ calls answered, 0 failed\\."))
        .contains("Every promise was kept.");
  }

  @Test
  void itRunsOnAnEtcdOfTheUsersToo() throws Exception {
    try (RealEtcd etcd = RealEtcd.start(EtcdRelease.INSTALLED)) {
      assertThat(run(0, "--plain", "--etcd", "http://127.0.0.1:" + etcd.port()))
          .contains("Using the etcd at http://127.0.0.1:" + etcd.port())
          .contains("Every promise was kept.");
    }
  }

  @Test
  void aSlipOnTheCommandLineIsNamed() throws Exception {
    assertThat(run(2, "--etcd", "localhost"))
        .containsExactly(
            "--etcd needs a URL, such as http://127.0.0.1:2379, and got \"localhost\"");
    assertThat(run(2, "--etcd"))
        .containsExactly("--etcd needs a URL, such as http://127.0.0.1:2379, and got \"\"");
    assertThat(run(2, "twice"))
        .containsExactly("\"twice\" is no option; samples/run quickstart --help names them");
  }
}
