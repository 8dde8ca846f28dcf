package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plugin as a program that protoc starts from the PATH. */
class ExecutableIT {
  static final Path EXECUTABLE =
      Path.of("..", "codegen-plugin", "target", "protoc-gen-fairlead").toAbsolutePath().normalize();

  @TempDir Path folder;

  private Commands.Outcome protoc(String cache, String out) throws Exception {
    Project.write(
        folder.resolve("shop.proto"),
        "syntax = \"proto3\"; package shop; message Q {} service S { rpc A(Q) returns (Q); }");
    Files.createDirectories(folder.resolve(out));
    return Commands.run(
        folder,
        Map.of(
            "FAIRLEAD_CACHE",
            cache,
            "PATH",
            EXECUTABLE.getParent() + File.pathSeparator + System.getenv("PATH")),
        List.of(Tools.protoc().toString(), "-I.", "--fairlead_out=" + out, "shop.proto"));
  }

  private void assertGenerated(String out, Commands.Outcome outcome) {
    assertThat(outcome).isEqualTo(new Commands.Outcome(0, ""));
    assertThat(folder.resolve(out + "/shop/SRpc.java")).content().contains("class SRpc");
  }

  @Test
  void helpAndVersionAreForPeople() throws Exception {
    Commands.Outcome help = Commands.run(folder, EXECUTABLE.toString(), "--help");
    assertThat(help.code()).isZero();
    assertThat(help.output()).contains("--fairlead_out=", "service_config=true|false");
    Commands.Outcome version = Commands.run(folder, EXECUTABLE.toString(), "--version");
    assertThat(version.output()).matches("protoc-gen-fairlead \\d+\\.\\d+\\.\\d+\\S*\n");
    Commands.Outcome wrong = Commands.run(folder, EXECUTABLE.toString(), "--wrong");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.output()).contains("unknown argument --wrong");
  }

  @Test
  void theFirstRunMakesTheArchiveAndTheNextOnesKeepIt() throws Exception {
    Path cache = folder.resolve("cache");
    assertGenerated("first", protoc(cache.toString(), "first"));
    List<Path> made = archives(cache);
    assertThat(made).hasSize(1);
    assertGenerated("second", protoc(cache.toString(), "second"));
    assertThat(archives(cache)).isEqualTo(made);
  }

  @Test
  void aBrokenArchiveDoesNotMatter() throws Exception {
    Path cache = folder.resolve("cache");
    assertGenerated("first", protoc(cache.toString(), "first"));
    Path archive = archives(cache).get(0);
    // The JVM makes it read-only, which only root may overlook.
    Files.delete(archive);
    Files.writeString(archive, "not an archive");
    assertGenerated("second", protoc(cache.toString(), "second"));
  }

  @Test
  void withoutAPlaceForTheArchiveItRunsAsWell() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    assertGenerated("out", protoc(file.resolve("cache").toString(), "out"));
  }

  @Test
  void archivesOfOldVersionsDoNotStayForEver() throws Exception {
    Path cache = Files.createDirectories(folder.resolve("cache"));
    for (int i = 0; i < 12; i++) {
      aged(cache.resolve("protoc-gen-fairlead-" + i + ".jsa"), 100 + i);
    }
    aged(cache.resolve("protoc-gen-fairlead-1.jsa.4711"), 3);
    Path foreign = aged(cache.resolve("of-another-program.jsa"), 1000);
    assertGenerated("first", protoc(cache.toString(), "first"));
    List<Path> left = archives(cache);
    assertThat(left).hasSize(9).contains(foreign);
    assertThat(left).contains(cache.resolve("protoc-gen-fairlead-6.jsa"));
    assertThat(left).doesNotContain(cache.resolve("protoc-gen-fairlead-7.jsa"));
  }

  private static Path aged(Path file, int days) throws IOException {
    Files.createFile(file);
    return Files.setLastModifiedTime(
        file, FileTime.from(Instant.now().minus(Duration.ofDays(days))));
  }

  @Test
  void manyFirstRunsAtOnceLeaveOneArchive() throws Exception {
    Path cache = folder.resolve("cache");
    List<Process> running = new ArrayList<>();
    Path empty = Files.createFile(folder.resolve("empty"));
    for (int i = 0; i < 4; i++) {
      ProcessBuilder builder =
          new ProcessBuilder(EXECUTABLE.toString())
              .redirectInput(empty.toFile())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("FAIRLEAD_CACHE", cache.toString());
      running.add(builder.start());
    }
    for (Process process : running) {
      assertThat(process.waitFor()).isZero();
    }
    assertThat(archives(cache)).hasSize(1);
    assertGenerated("out", protoc(cache.toString(), "out"));
  }

  @Test
  void mistakesReachThePersonWithTheirPlaces() throws Exception {
    Project.write(
        folder.resolve("bad.proto"),
        "syntax = \"proto3\"; package shop;\nmessage Q {}\nservice S { rpc a(Q) returns (Q); rpc A(Q) returns (Q); }");
    Commands.Outcome outcome =
        Commands.run(
            folder,
            Tools.protoc().toString(),
            "--plugin=protoc-gen-fairlead=" + EXECUTABLE,
            "-I.",
            "--fairlead_out=.",
            "bad.proto");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.output())
        .isEqualTo(
            """
            --fairlead_out: 1 mistake in the contract, no code written:
            bad.proto:3:39: rpc a and rpc A of service S both become the Java method a; rename one
            """);
  }

  static Path allJar() throws IOException {
    try (Stream<Path> files = Files.list(EXECUTABLE.getParent())) {
      return files
          .filter(file -> file.getFileName().toString().matches("protoc-gen-fairlead-.*-all\\.jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static List<Path> archives(Path cache) throws Exception {
    try (Stream<Path> files = Files.list(cache)) {
      return files.sorted().toList();
    }
  }
}
