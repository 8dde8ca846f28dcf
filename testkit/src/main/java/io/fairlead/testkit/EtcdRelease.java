package io.fairlead.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where a real etcd comes from. */
public enum EtcdRelease {
  /** The one on the path. Debian's package etcd-server brings a 3.4. */
  INSTALLED {
    @Override
    public Path binary() {
      return onPath("etcd")
          .orElseThrow(() -> ToolAssumption.skip("etcd", "apt-get install etcd-server"));
    }
  },

  /** A 3.6, built once with Go, whose module proxy has the sources. */
  BUILT {
    @Override
    public Path binary() {
      return EtcdBuild.binary();
    }
  };

  private static final Pattern VERSION = Pattern.compile("etcd Version: (\\d+\\.\\d+)");

  /**
   * Returns the program. A test that asks for one that cannot be had is skipped: {@link
   * ToolAssumption}.
   */
  public abstract Path binary();

  /** Returns major and minor, such as {@code "3.4"}. */
  public String version() {
    String output = run(binary().toString(), "--version");
    Matcher matcher = VERSION.matcher(output);
    if (!matcher.find()) {
      throw new IllegalStateException(binary() + " --version says no version but: " + output);
    }
    return matcher.group(1);
  }

  static Optional<Path> onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "/usr/bin");
    return Stream.of(path.split(File.pathSeparator))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + " does not end");
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException("Cannot run " + String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted at " + String.join(" ", command), e);
    }
  }
}
