package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the generator writes, kept beside what it was written from, so that a review sees every
 * change.
 *
 * <p>To take over a change: {@code mvn test -pl codegen-tests -am -Dtest=GoldenTest -Dgolden.update
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class GoldenTest {
  private static final Path GOLDEN = Path.of("src", "test", "golden");

  @TempDir Path folder;

  @Test
  void theDesignsExample() throws Exception {
    check(
        "inventory",
        Path.of("src", "main", "proto", "shop", "v1", "inventory.proto"),
        "shop/v1/inventory.proto");
  }

  @Test
  void everyOption() throws Exception {
    check("everything", GOLDEN.resolve("everything.proto"), "everything.proto");
  }

  private void check(String name, Path source, String path) throws IOException {
    Map<String, String> written =
        new Project(folder).file(path, Files.readString(source)).compile().files();
    Path expected = GOLDEN.resolve(name);
    if (System.getProperty("golden.update") != null) {
      delete(expected);
      written.forEach((file, text) -> Project.write(expected.resolve(file), text));
    }
    assertThat(new TreeMap<>(written))
        .as("see the comment on this class for the command that takes over a change")
        .isEqualTo(new TreeMap<>(read(expected)));
  }

  private static Map<String, String> read(Path root) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    if (Files.isDirectory(root)) {
      try (Stream<Path> all = Files.walk(root)) {
        for (Path file : all.filter(Files::isRegularFile).toList()) {
          files.put(root.relativize(file).toString().replace('\\', '/'), Files.readString(file));
        }
      }
    }
    return files;
  }

  private static void delete(Path root) throws IOException {
    if (Files.exists(root)) {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(root)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path file : all) {
        Files.delete(file);
      }
    }
  }
}
