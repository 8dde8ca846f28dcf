package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** Programs of other languages, pinned, from those languages' own package managers. */
final class Peers {
  private static final Path WORK = Path.of("target", "tools").toAbsolutePath();
  private static final String PROTOC_GEN_GO =
      "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12";
  private static final String PROTOC_GEN_PROST = "protoc-gen-prost";
  private static final String PROTOC_GEN_PROST_VERSION = "0.5.0";

  private Peers() {}

  /** A folder with what {@code src/test/tools/npm/package.json} names. */
  static synchronized Path npm() throws IOException, InterruptedException {
    need("npm", "apt-get install npm");
    Path folder = Files.createDirectories(WORK.resolve("npm"));
    Path manifest = folder.resolve("package.json");
    Files.copy(
        Path.of("src", "test", "tools", "npm", "package.json"),
        manifest,
        StandardCopyOption.REPLACE_EXISTING);
    if (!Files.exists(folder.resolve("node_modules"))) {
      install(
          "the packages of " + manifest,
          Map.of(),
          folder,
          "npm",
          "install",
          "--no-package-lock",
          "--no-audit",
          "--no-fund");
    }
    return folder;
  }

  static synchronized Path protocGenGo() throws IOException, InterruptedException {
    need("go", "apt-get install golang");
    Path folder = Files.createDirectories(WORK.resolve("go"));
    Path program = folder.resolve("protoc-gen-go");
    if (!Files.exists(program)) {
      install(
          PROTOC_GEN_GO,
          Map.of("GOBIN", folder.toString()),
          folder,
          "go",
          "install",
          PROTOC_GEN_GO);
    }
    return program;
  }

  static synchronized Path protocGenProst() throws IOException, InterruptedException {
    need("cargo", "apt-get install cargo");
    Path folder = Files.createDirectories(WORK.resolve("cargo"));
    Path program = folder.resolve("bin").resolve(PROTOC_GEN_PROST);
    if (!Files.exists(program)) {
      install(
          PROTOC_GEN_PROST,
          Map.of(),
          folder,
          "cargo",
          "install",
          "--quiet",
          "--locked",
          // Beside it run tests of other modules, which need the other core.
          "--jobs",
          "1",
          "--root",
          folder.toString(),
          "--version",
          PROTOC_GEN_PROST_VERSION,
          PROTOC_GEN_PROST);
    }
    return program;
  }

  /** The protoc of the machine, which may be years older than ours. */
  static String protocOfTheMachine() {
    need("protoc", "apt-get install protobuf-compiler");
    return "protoc";
  }

  private static void need(String program, String install) {
    if (!Commands.exists(program)) {
      throw ToolAssumption.skip(program, install);
    }
  }

  private static void install(
      String what, Map<String, String> environment, Path folder, String... command)
      throws IOException, InterruptedException {
    Commands.Outcome outcome = Commands.run(folder, environment, List.of(command));
    if (outcome.code() != 0) {
      throw ToolAssumption.skip(what, String.join(" ", command) + " failed: " + outcome.output());
    }
  }

  /** Runs a program that must succeed, and gives what it printed. */
  static String run(Path folder, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Commands.Outcome outcome = Commands.run(folder, environment, command);
    assertThat(outcome.code()).as("%s said: %s", command, outcome.output()).isZero();
    return outcome.output();
  }
}
