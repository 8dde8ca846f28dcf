package io.fairlead.samples.oncall;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command {@code fairlead}, started by its script as a person does; what it says is shown. */
final class Command {
  private static final long LONGEST_SECONDS = 60;

  /** Lines of an output that are shown; a stack trace has more. */
  private static final int SHOWN = 12;

  private final PrintStream out;
  private final Path script;
  private final Map<String, String> environment;

  Command(PrintStream out, Path script, Map<String, String> environment) {
    this.out = out;
    this.script = script;
    this.environment = environment;
  }

  /** What one command said. */
  record Output(String command, int exit, List<String> lines) {
    /**
     * Returns a cell of the table in the output.
     *
     * @param row the entry of its first column
     */
    String cell(String row, String column) {
      List<String> heads = List.of();
      for (String line : lines) {
        List<String> cells = Arrays.asList(line.split(" {2,}", -1));
        if (cells.contains(column)) {
          heads = cells;
        } else if (!heads.isEmpty() && cells.get(0).equals(row)) {
          return cells.get(heads.indexOf(column));
        }
      }
      throw new IllegalStateException(
          "%s has no row \"%s\" with %s:%n%s".formatted(command, row, column, text()));
    }

    double number(String row, String column) {
      String cell = cell(row, column);
      return cell.equals("-") ? 0 : Double.parseDouble(cell);
    }

    String text() {
      return String.join("\n", lines);
    }
  }

  /** Runs it without a word. */
  Output quietly(String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(script.toString()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String text =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(line + " did not end; it said: " + text);
      }
      return new Output(shown(arguments), process.exitValue(), text.lines().toList());
    } finally {
      process.destroyForcibly();
    }
  }

  /** Runs it and shows it; it must end with exit code 0. */
  Output run(String... arguments) throws IOException, InterruptedException {
    return runTo(0, arguments);
  }

  /** Runs it and shows it. */
  Output runTo(int exit, String... arguments) throws IOException, InterruptedException {
    out.println("   $ " + shown(arguments));
    Output output = quietly(arguments);
    output.lines().stream().limit(SHOWN).forEach(each -> out.println("     " + each));
    if (output.lines().size() > SHOWN) {
      out.println("     and " + (output.lines().size() - SHOWN) + " more lines");
    }
    if (output.exit() != exit) {
      throw new IllegalStateException(
          "%s ended with exit code %d, not %d".formatted(output.command(), output.exit(), exit));
    }
    return output;
  }

  /** As a person types it. */
  private static String shown(String... arguments) {
    StringBuilder text = new StringBuilder("fairlead");
    for (String each : arguments) {
      text.append(' ').append(each.contains(" ") ? '"' + each + '"' : each);
    }
    return text.toString();
  }
}
