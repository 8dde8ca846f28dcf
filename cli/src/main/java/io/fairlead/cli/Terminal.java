package io.fairlead.cli;

import java.io.Console;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a command reads and writes: streams, environment and clock. Tests give their own.
 *
 * @param environment the value of a variable of the environment, or null
 * @param interactive whether a person looks at the output, which may then be drawn anew
 */
record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Function<String, @Nullable String> environment,
    InstantSource clock,
    boolean interactive) {

  /** That of this process. Text is UTF-8, whatever the locale says: JSON is. */
  static Terminal ofProcess() {
    return new Terminal(
        System.in,
        new PrintStream(
            new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8),
        new PrintStream(
            new java.io.FileOutputStream(java.io.FileDescriptor.err), true, StandardCharsets.UTF_8),
        System::getenv,
        InstantSource.system(),
        isConsole());
  }

  /** From Java 22 on there is a console without a terminal too, and it says so. */
  @SuppressWarnings("SystemConsoleNull") // the two kinds of JDK are told apart below
  private static boolean isConsole() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  /** Returns a variable of the environment that is set and not empty. */
  Optional<String> variable(String name) {
    return Optional.ofNullable(environment.apply(name)).filter(value -> !value.isEmpty());
  }
}
