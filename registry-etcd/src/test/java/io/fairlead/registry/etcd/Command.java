package io.fairlead.registry.etcd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Programs of the machine. */
final class Command {
  private Command() {}

  /** Runs a command without quotes in it; a test is skipped where its program is missing. */
  static void run(String command) {
    try {
      Process process =
          new ProcessBuilder(List.of(command.split(" ", -1))).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + " failed:\n" + output);
      }
    } catch (IOException e) {
      Assumptions.abort("no openssl on the path: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(command + " was interrupted", e);
    }
  }
}
