package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProjectFilesTest {
  @TempDir private Path folder;

  @Test
  void outputOfABuildIsNotRead() throws IOException {
    Path written = write("module/src/Written.java");
    write("module/target/generated/Made.java");
    write("module/node_modules/x/Made.java");
    write("module/src/page.md");

    assertThat(ProjectFiles.below(folder, ".java")).containsExactly(written);
  }

  private Path write(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "");
  }
}
