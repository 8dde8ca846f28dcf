package io.fairlead.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link BenchProcess} and the line of talk with it. */
final class Child implements AutoCloseable {
  private final String name;
  private final Process process;
  private final BufferedReader answers;
  private final Writer commands;
  private final String firstAnswer;

  private Child(String name, Process process) throws IOException {
    this.name = name;
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.commands = process.outputWriter(StandardCharsets.UTF_8);
    this.firstAnswer = nextAnswer();
  }

  /**
   * Starts {@code <java> <class path> BenchProcess <arguments>}; what it logs goes to {@code log}.
   */
  static Child start(String name, JavaRun java, List<String> arguments, Path log)
      throws IOException {
    List<String> command = new ArrayList<>(java.command());
    command.add(BenchProcess.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return new Child(name, builder.start());
    } catch (IOException e) {
      throw new IOException("Cannot start " + name + "; its log is " + log, e);
    }
  }

  String firstAnswer() {
    return firstAnswer;
  }

  String ask(String command) {
    try {
      commands.write(command + "\n");
      commands.flush();
      return nextAnswer();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " did not answer \"" + command + '"', e);
    }
  }

  private String nextAnswer() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith("@")) {
        return line.substring(1);
      }
    }
    throw new IOException(name + " ended");
  }

  @Override
  public void close() throws IOException {
    commands.close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
