package io.fairlead.samples.aiplatform.story;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What the programs that the story starts beside the platform have in common. */
final class Children {
  private Children() {}

  /**
   * Returns a program, if it is in one of the folders.
   *
   * @param path the folders, as PATH has them
   */
  static Optional<Path> find(String path, String program) {
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Returns a port that nobody uses now. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("there is no free port", e);
    }
  }

  /** Kills a program with all that it has started; returns when they are dead. */
  static void kill(Process process) throws InterruptedException {
    // A snapshot: who was started by a process that is dead has another parent.
    List<ProcessHandle> all = process.descendants().toList();
    Process killed = process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    int unused = killed.waitFor();
    // Until the last of them is dead, the next program may find its files and memory in use.
    for (ProcessHandle each : all) {
      while (each.isAlive()) {
        Thread.sleep(10);
      }
    }
  }
}
