package io.fairlead.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Builds etcd from Go's module proxy into the build directory of the checkout, once. */
final class EtcdBuild {
  private static final System.Logger LOG = System.getLogger(EtcdBuild.class.getName());
  private static final String VERSION = "3.6.6";
  private static final List<String> SOURCES = List.of("main.go", "go.mod", "go.sum");
  private static final int LIMIT_MINUTES = 15;

  private EtcdBuild() {}

  static Path binary() {
    Path directory = buildDirectory();
    Path binary = directory.resolve("etcd");
    if (Files.isExecutable(binary)) {
      return binary;
    }
    Path go =
        EtcdRelease.onPath("go")
            .orElseThrow(
                () ->
                    ToolAssumption.skip(
                        "Go (it builds etcd " + VERSION + ")", "Go 1.24 or newer from go.dev"));
    try {
      Files.createDirectories(directory);
      build(go, directory, binary);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot build etcd in " + directory, e);
    }
    return binary;
  }

  /**
   * Several test JVMs may come here at once, and several threads of each, whom the lock on the file
   * would refuse; one builds, the others wait for it.
   */
  private static synchronized void build(Path go, Path directory, Path binary) throws IOException {
    try (FileChannel file =
            FileChannel.open(
                directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.lock()) {
      Objects.requireNonNull(lock);
      if (Files.isExecutable(binary)) {
        return;
      }
      LOG.log(
          System.Logger.Level.INFO,
          "Building etcd {0} into {1}, once; with an empty Go cache this takes some minutes",
          VERSION,
          directory);
      for (String source : SOURCES) {
        copySource(source, directory);
      }
      Path fresh = directory.resolve("etcd.new");
      Path log = directory.resolve("build.log");
      run(go, directory, fresh, log);
      Files.move(fresh, binary, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void run(Path go, Path directory, Path output, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(go.toString(), "build", "-trimpath", "-o", output.toString(), ".")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("CGO_ENABLED", "0");
    Process process = builder.start();
    try {
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IOException("go build takes longer than " + LIMIT_MINUTES + " min; see " + log);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while building etcd", e);
    }
    if (process.exitValue() != 0) {
      // Offline, or a Go too old: for the test the same as no Go at all.
      throw ToolAssumption.skip(
          "etcd " + VERSION + ", which cannot be built (see " + log + "),",
          "Go 1.24 or newer, and a way to its module proxy");
    }
  }

  private static void copySource(String name, Path directory) throws IOException {
    try (InputStream source = EtcdBuild.class.getResourceAsStream("etcd/" + name)) {
      if (source == null) {
        throw new IOException("The test kit's archive has no etcd/" + name);
      }
      Files.copy(source, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** The checkout's target, shared by all modules; elsewhere the directory for temporary files. */
  private static Path buildDirectory() {
    String name = "etcd-" + VERSION;
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve(".mvn"))) {
        return at.resolve("target").resolve(name);
      }
    }
    return Path.of(System.getProperty("java.io.tmpdir"), "fairlead-" + name);
  }
}
