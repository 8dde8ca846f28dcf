package io.fairlead.interop.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The protoc that built this module, for the generators of other languages. */
final class Protoc {
  /** It looks for them beside itself. */
  private static final List<String> WELL_KNOWN =
      List.of(
          "google/protobuf/any.proto",
          "google/protobuf/descriptor.proto",
          "google/protobuf/duration.proto");

  private Protoc() {}

  static synchronized Path program() {
    String version = Protos.property("protoc.version");
    String file = "protoc-" + version + "-" + platform() + ".exe";
    Path source =
        Path.of(Protos.property("local.repository"), "com/google/protobuf/protoc", version, file);
    Path copy = Build.WORK.resolve("protoc").resolve(file);
    try {
      if (!Files.isExecutable(copy)) {
        Files.createDirectories(copy.getParent());
        Files.copy(source, copy);
        if (!copy.toFile().setExecutable(true)) {
          throw new IOException("cannot make " + copy + " executable");
        }
        for (String name : WELL_KNOWN) {
          Protos.copyResource(name, copy.resolveSibling("include"));
        }
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot copy " + source, e);
    }
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    String system = os.contains("mac") ? "osx" : os.contains("win") ? "windows" : "linux";
    return system + (arch.equals("aarch64") ? "-aarch_64" : "-x86_64");
  }
}
