package io.fairlead.interop.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.peer.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The types in the console's modules, which browsers get as they are, by the compiler of
 * TypeScript.
 */
class ConsoleTypesIT {
  private static final Path MODULES =
      Path.of("..", "console", "src", "main", "resources", "io", "fairlead", "console", "web");

  @Test
  void theModulesOfThePageHaveTheTypesThatTheySay() {
    assertThat(check(MODULES.toAbsolutePath().normalize())).containsPattern("(?m)^CHECKED 1[0-9]$");
  }

  @Test
  void aWrongTypeIsFound(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("broken.js"),
        "/** @param {number} n */\nexport const half = n => n.length / 2;\n");
    assertThat(check(folder)).contains("broken.js(2,", "'length' does not exist", "FOUND 1");
  }

  private static String check(Path folder) {
    return Peers.types("check.js").runWell(folder.toString());
  }
}
