package io.fairlead.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The protoc of the machine.
 *
 * @param program its name or path
 * @param includes where else it looks for imports
 */
record Protoc(String program, List<Path> includes) {
  private static final String OPTIONS = "fairlead/options.proto";
  private static final long LIMIT_SECONDS = 60;

  /** Compiles the .proto files of a folder and those below it into one descriptor set. */
  byte[] compile(Path folder) throws InterruptedException {
    List<String> sources = sources(folder);
    if (sources.isEmpty()) {
      throw new CommandException(ExitCode.USAGE, "there is no .proto file in " + folder);
    }
    try {
      Path work = Files.createTempDirectory("fairlead-protoc");
      try {
        return compile(folder, sources, work);
      } finally {
        delete(work);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] compile(Path folder, List<String> sources, Path work)
      throws IOException, InterruptedException {
    Path set = work.resolve("set.pb");
    Path said = work.resolve("said.txt");
    List<String> command = new ArrayList<>(List.of(program, "-I" + folder));
    includes.forEach(each -> command.add("-I" + each));
    // The contract's own copy of the options comes first, if it has one.
    command.add("-I" + ownIncludes(work));
    command.add("--include_imports");
    command.add("--include_source_info");
    command.add("--descriptor_set_out=" + set);
    command.addAll(sources);
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE,
          "protoc cannot be started as \""
              + program
              + "\"; install it (Debian: protobuf-compiler), name it with --protoc, or give"
              + " descriptor sets in place of folders");
    }
    process.getOutputStream().close();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new CommandException(
          ExitCode.FAILED, "protoc has not ended within " + LIMIT_SECONDS + " s on " + folder);
    }
    if (process.exitValue() != 0) {
      throw new CommandException(
          ExitCode.USAGE,
          "protoc refuses "
              + folder
              + ": "
              + Files.readString(said, StandardCharsets.UTF_8).strip()
              + "; --include names a folder of imports");
    }
    return Files.readAllBytes(set);
  }

  private static Path ownIncludes(Path work) throws IOException {
    Path file = work.resolve("include").resolve(OPTIONS);
    Files.createDirectories(file.getParent());
    try (InputStream in = Protoc.class.getClassLoader().getResourceAsStream(OPTIONS)) {
      if (in != null) {
        Files.copy(in, file);
      }
    }
    return work.resolve("include");
  }

  private static List<String> sources(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(each -> each.toString().endsWith(".proto") && Files.isRegularFile(each))
          .map(Path::toString)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new CommandException(ExitCode.USAGE, folder + " cannot be read: " + e.getMessage());
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
