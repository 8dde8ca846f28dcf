package io.fairlead.interop.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.testkit.ToolAssumption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/**
 * One step that makes something in {@code target/peers}, once: again only when its sources or its
 * commands change, or when the last try failed. Two of different names may run at once.
 */
final class Build {
  static final Path SOURCES = Path.of("src", "peers").toAbsolutePath();
  static final Path WORK = Path.of("target", "peers").toAbsolutePath();
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final int TAIL = 3000;

  /** Compilers take all cores that there are; downloads take none. */
  private static final Semaphore AT_ONCE = new Semaphore(2);

  private static final Map<String, Object> LOCKS = new ConcurrentHashMap<>();
  private static final Map<String, String> FAILED = new ConcurrentHashMap<>();

  private final String name;
  private final List<Path> sources = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();

  private record Step(Path folder, Map<String, String> environment, List<String> command) {}

  private Build(String name) {
    this.name = name;
  }

  static Build of(String name) {
    return new Build(name);
  }

  /** Ends the test if a program is not on the PATH. */
  Build needs(String program, String install) {
    if (!Commands.exists(program)) {
      throw ToolAssumption.skip(program, install);
    }
    return this;
  }

  /** A file or a folder: when it changes, the steps are run again. */
  Build from(Path source) {
    sources.add(source);
    return this;
  }

  Build step(Path folder, Map<String, String> environment, String... command) {
    steps.add(new Step(folder, environment, List.of(command)));
    return this;
  }

  Build step(Path folder, String... command) {
    return step(folder, Map.of(), command);
  }

  void run() {
    synchronized (LOCKS.computeIfAbsent(name, unused -> new Object())) {
      String why = FAILED.get(name);
      if (why != null) {
        throw new AssertionError(why);
      }
      Path stamps = WORK.resolve("stamps");
      create(stamps);
      Path stamp = stamps.resolve(name.replaceAll("[^A-Za-z0-9]+", "-"));
      String fingerprint = fingerprint();
      if (!fingerprint.equals(content(stamp))) {
        runSteps();
        write(stamp, fingerprint);
      }
    }
  }

  private void runSteps() {
    AT_ONCE.acquireUninterruptibly();
    try {
      for (Step step : steps) {
        create(step.folder());
        Outcome outcome = Commands.run(step.folder(), step.environment(), step.command(), LIMIT);
        if (outcome.code() != 0) {
          String said = outcome.output();
          String why =
              "Cannot build "
                  + name
                  + ": "
                  + String.join(" ", step.command())
                  + " said: "
                  + said.substring(Math.max(0, said.length() - TAIL));
          FAILED.put(name, why);
          throw new AssertionError(why);
        }
      }
    } finally {
      AT_ONCE.release();
    }
  }

  private String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(steps.toString().getBytes(UTF_8));
      for (Path source : sources) {
        try (Stream<Path> files = Files.walk(source)) {
          for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
            digest.update(file.toString().getBytes(UTF_8));
            digest.update(Files.readAllBytes(file));
          }
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the sources of " + name, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String content(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  private static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make " + folder, e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }
}
