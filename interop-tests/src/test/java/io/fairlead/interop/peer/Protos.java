package io.fairlead.interop.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * All {@code .proto} files that peers generate from, in one folder: those of this module, our
 * options, Google's typed error details, and gRPC's own interop contract from the jar of grpc-java.
 */
final class Protos {
  private static final Path FOLDER = Build.WORK.resolve("protos");
  private static final Path OURS = Path.of("src", "test", "proto").toAbsolutePath();

  private static final List<String> ON_THE_CLASS_PATH =
      List.of(
          "fairlead/options.proto", "google/rpc/status.proto", "google/rpc/error_details.proto");

  /** The build unpacked it there. */
  private static final Path THEIRS = Path.of("target", "grpc-testing").toAbsolutePath();

  private static boolean ready;

  private Protos() {}

  /** The folder, which is an include path as it is. */
  static synchronized Path folder() {
    if (!ready) {
      try {
        fill();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot collect .proto files in " + FOLDER, e);
      }
      ready = true;
    }
    return FOLDER;
  }

  private static void fill() throws IOException {
    for (String name : ON_THE_CLASS_PATH) {
      copyResource(name, FOLDER);
    }
    copy(THEIRS);
    if (Files.isDirectory(OURS)) {
      copy(OURS);
    }
  }

  private static void copy(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".proto")).toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          write(FOLDER, folder.relativize(file).toString(), in);
        }
      }
    }
  }

  static void copyResource(String name, Path folder) throws IOException {
    try (InputStream in = resource(name)) {
      write(folder, name, in);
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = Protos.class.getClassLoader().getResourceAsStream(name);
    if (in == null) {
      throw new IOException(name + " is not on the class path");
    }
    return in;
  }

  private static void write(Path folder, String name, InputStream in) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
  }

  static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("the build does not set the system property " + name);
    }
    return value;
  }
}
