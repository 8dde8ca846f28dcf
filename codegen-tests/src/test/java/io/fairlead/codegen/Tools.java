package io.fairlead.codegen;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** The programs and files that these tests stand on. */
final class Tools {
  private static final List<String> WELL_KNOWN =
      List.of(
          "any",
          "api",
          "descriptor",
          "duration",
          "empty",
          "field_mask",
          "java_features",
          "source_context",
          "struct",
          "timestamp",
          "type",
          "wrappers");

  private static final Path WORK = Path.of("target", "tools").toAbsolutePath();

  private Tools() {}

  /** The protoc that built this module, made executable. */
  static synchronized Path protoc() {
    return nativeTool("com/google/protobuf/protoc", "protoc", property("protoc.version"));
  }

  /** The native plugin of grpc-java that built this module. */
  static synchronized Path grpcJavaPlugin() {
    return nativeTool(
        "io/grpc/protoc-gen-grpc-java",
        "protoc-gen-grpc-java",
        property("protoc-gen-grpc-java.version"));
  }

  private static Path nativeTool(String folder, String artifact, String version) {
    String file = artifact + "-" + version + "-" + platform() + ".exe";
    Path source = Path.of(property("local.repository"), folder, version, file);
    Path copy = WORK.resolve(file);
    try {
      if (!Files.exists(copy)) {
        Files.createDirectories(WORK);
        Files.copy(source, copy);
        if (!copy.toFile().setExecutable(true)) {
          throw new IOException("cannot make " + copy + " executable");
        }
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A folder with the files that every contract may import. */
  static synchronized Path includes() {
    Path folder = WORK.resolve("include");
    WELL_KNOWN.forEach(name -> resource(folder, "google/protobuf/" + name + ".proto"));
    resource(folder, "fairlead/options.proto");
    return folder;
  }

  private static void resource(Path folder, String name) {
    try (InputStream in = Tools.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is not on the class path");
      }
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("the build does not set the system property " + name);
    }
    return value;
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    String system = os.contains("mac") ? "osx" : os.contains("win") ? "windows" : "linux";
    return system + (arch.equals("aarch64") ? "-aarch_64" : "-x86_64");
  }
}
