package io.fairlead.samples.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample as a person runs it: real processes, two of them killed, and no failed call. */
class ScalingIT {
  @TempDir Path folder;

  @Test
  void theServiceFollowsItsLoadAndNoCallFails() throws Exception {
    Path output = folder.resolve("output");
    ProcessBuilder builder = new ProcessBuilder("../run", "scaling");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(output);
    System.out.println(said);
    assertThat(process.exitValue()).as(said).isZero();
    List<String> lines = said.lines().toList();
    assertThat(lines)
        .as("the reason of each step")
        .anyMatch(line -> line.matches(".* -- [34] wanted: up from 2: .*"))
        .anyMatch(line -> line.matches(".* -- the decider stops photos-.*, drained .*"))
        .anyMatch(line -> line.matches("✓ [\\d,]+ calls were answered, 0 failed"))
        .anyMatch(line -> line.matches("✓ \\d+ streams came to their end, 0 failed, .*"))
        .anyMatch(line -> line.startsWith("• three times the load had its instances after "))
        .anyMatch(line -> line.startsWith("✓ another decider took over"))
        .contains("Every promise was kept.");
    Path token = Path.of("target", "logs", Long.toString(process.pid()), "token");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token)))
        .as("nobody else can read it")
        .isEqualTo("rw-------");
  }
}
