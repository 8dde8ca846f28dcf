package io.fairlead.samples.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.SampleRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample as a person runs it: real processes, two of them killed, and no failed call. */
class ScalingIT {
  @TempDir Path folder;

  @Test
  void theServiceFollowsItsLoadAndNoCallFails() throws Exception {
    SampleRun run = SampleRun.toExit(0, folder, "scaling");
    List<String> lines = run.lines();
    assertThat(lines)
        .as("the reason of each step")
        .anyMatch(line -> line.matches(".* -- 1 wanted: up from 0: .*"))
        .anyMatch(line -> line.matches(".* -- [34] wanted: up from [12]: .*"))
        .anyMatch(line -> line.matches(".* -- the decider stops photos-.*, drained .*"))
        .anyMatch(line -> line.matches("✓ [\\d,]+ calls were answered, 0 failed"))
        .anyMatch(line -> line.matches("✓ \\d+ streams came to their end, 0 failed, .*"))
        .anyMatch(
            line -> line.startsWith("• the first call, which found no instance, was answered"))
        .anyMatch(line -> line.startsWith("• three times the load had its instances after "))
        .anyMatch(line -> line.startsWith("✓ another decider took over"))
        .contains("Every promise was kept.");
    Path token = Path.of("target", "logs", Long.toString(run.pid()), "token");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token)))
        .as("nobody else can read it")
        .isEqualTo("rw-------");
  }
}
