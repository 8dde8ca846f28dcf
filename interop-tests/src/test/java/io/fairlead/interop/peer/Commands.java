package io.fairlead.interop.peer;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs to their end. */
final class Commands {
  private Commands() {}

  /**
   * Returns when it has ended; one that takes longer than the limit is killed, which is an error.
   */
  static Outcome run(
      Path folder, Map<String, String> environment, List<String> command, Duration limit) {
    try {
      Path output = Files.createTempFile("fairlead-peer", ".out");
      try {
        return run(folder, environment, command, limit, output.toFile());
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot run " + command, e);
    }
  }

  private static Outcome run(
      Path folder, Map<String, String> environment, List<String> command, Duration limit, File log)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(log);
    builder.environment().putAll(environment);
    Process process = builder.start();
    boolean ended;
    try {
      ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended = false;
    }
    if (!ended) {
      kill(process);
    }
    String output = Files.readString(log.toPath(), StandardCharsets.UTF_8);
    if (!ended) {
      throw new IOException(command + " did not end within " + limit + " and said: " + output);
    }
    return new Outcome(process.exitValue(), output);
  }

  /** With all that it started. */
  static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Whether the program is on the PATH. */
  static boolean exists(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(File.pathSeparator, -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
