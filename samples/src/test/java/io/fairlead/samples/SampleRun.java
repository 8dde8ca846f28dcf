package io.fairlead.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A sample as a person runs it, by {@code samples/run}, to its end. Its source is shared by the
 * samples that have such a test.
 *
 * @param pid of its process, which names the folder of its logs
 * @param lines all that it said
 */
public record SampleRun(long pid, List<String> lines) {
  /** Far above what the longest one takes. */
  private static final long MINUTES = 20;

  /**
   * Runs a sample with the Java of this test; what it says is printed too.
   *
   * @param folder an empty one, for its output
   */
  public static SampleRun toExit(int expected, Path folder, String name, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("../run", name));
    command.addAll(List.of(options));
    Path output = folder.resolve("output");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    boolean ended;
    try {
      ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(output);
    System.out.println(said);
    assertThat(ended).as("%s ended within %d minutes; it said: %s", name, MINUTES, said).isTrue();
    assertThat(process.exitValue()).as(said).isEqualTo(expected);
    return new SampleRun(process.pid(), said.lines().toList());
  }
}
