package io.fairlead.registry.etcd;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A {@link ServerProcess} as a child of the test, and what it said. */
final class Child implements AutoCloseable {
  private final Process process;
  private final List<String> said = new CopyOnWriteArrayList<>();

  private Child(Process process) {
    this.process = process;
  }

  static Child start(String... arguments) {
    ProcessBuilder builder =
        new ProcessBuilder(
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            classPath(),
            ServerProcess.class.getName());
    builder.command().addAll(List.of(arguments));
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      Child child = new Child(builder.start());
      Thread reader = new Thread(child::read, "child-output");
      reader.setDaemon(true);
      reader.start();
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Under Maven the class path is in the manifest of one archive, which a child can use as well.
   */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(said::add);
    } catch (IOException | UncheckedIOException killed) {
      said.add("ended");
    }
  }

  /** What it said of its states, in order. */
  List<String> said() {
    return said.stream().filter(line -> line.startsWith("state ")).toList();
  }

  boolean last(String start) {
    List<String> all = said();
    return !all.isEmpty() && all.get(all.size() - 1).startsWith("state " + start);
  }

  /** STOP, CONT or KILL. */
  void signal(String name) {
    Command.run("kill -" + name + " " + process.pid());
  }

  void awaitEnd() {
    RegistryContract.soon("the child ended", () -> !process.isAlive());
  }

  @Override
  public void close() {
    process.destroyForcibly();
    awaitEnd();
  }
}
