package io.fairlead.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Starts the command {@code fairlead}. {@code --help} lists what it does. */
public final class Main {
  /** Those that serve until they are stopped, and say in the log what happens. */
  private static final List<String> SERVERS = List.of("gateway", "scale", "etcd");

  /** All parts, by their names. */
  static final List<String> PARTS =
      List.of(
          "ls",
          "call",
          "drain",
          "undrain",
          "weight",
          "route",
          "policy",
          "load",
          "top",
          "logs",
          "tap",
          "explain",
          "doctor",
          "breaking",
          "new",
          "console",
          "gateway",
          "scale",
          "etcd",
          "completion",
          "train");

  private Main() {}

  private static Object part(String name, Terminal terminal) {
    return switch (name) {
      case "ls" -> new LsCommand(terminal);
      case "call" -> new CallCommand(terminal);
      case "drain" -> new DrainCommand(terminal);
      case "undrain" -> new UndrainCommand(terminal);
      case "weight" -> new WeightCommand(terminal);
      case "route" -> new RouteCommand(terminal);
      case "policy" -> PolicyCommand.line(terminal);
      case "load" -> new LoadCommand(terminal);
      case "top" -> new TopCommand(terminal);
      case "logs" -> new LogsCommand(terminal);
      case "tap" -> new TapCommand(terminal);
      case "explain" -> new ExplainCommand(terminal);
      case "doctor" -> new DoctorCommand(terminal);
      case "breaking" -> new BreakingCommand(terminal);
      case "new" -> new NewCommand(terminal);
      case "console" -> new ConsoleCommand(terminal);
      case "gateway" -> new GatewayCommand();
      case "scale" -> new ScaleCommand();
      case "etcd" -> new EtcdCommand(terminal);
      case "completion" -> new CompletionCommand(terminal);
      case "train" -> new TrainCommand();
      default -> throw new IllegalArgumentException("no part \"" + name + "\"");
    };
  }

  /** Runs one command, and ends the process with its exit code. */
  public static void main(String[] args) {
    if (args.length == 0 || !SERVERS.contains(args[0])) {
      // A command says itself what went wrong; the log of its channels would say it again.
      boolean verbose = List.of(args).contains("--verbose");
      Logger.getLogger("").setLevel(verbose ? Level.INFO : Level.OFF);
    }
    System.exit(run(Terminal.ofProcess(), args));
  }

  /** Runs one command, and returns its exit code. */
  static int run(Terminal terminal, String... args) {
    if (args.length > 0 && args[0].equals("gateway")) {
      // It reads its own arguments, --help among them.
      return GatewayCommand.start(Arrays.copyOfRange(args, 1, args.length));
    }
    if (args.length > 0 && args[0].equals("scale")) {
      return ScaleCommand.start(Arrays.copyOfRange(args, 1, args.length));
    }
    return commandLine(terminal, args.length == 0 ? "" : args[0]).execute(args);
  }

  private static List<String> needed(String asked) {
    if (asked.equals("--version")) {
      return List.of();
    }
    return PARTS.contains(asked) && !asked.equals("completion") ? List.of(asked) : PARTS;
  }

  /** Returns the command with all of its parts, in the order of {@code --help}. */
  static CommandLine commandLine(Terminal terminal) {
    return commandLine(terminal, "");
  }

  /**
   * Returns the command with the one part that is asked for, as reading the annotations of all of
   * them takes half of a start.
   *
   * @param asked what stands first on the command line; if it is no part, or needs to know the
   *     others, all are there
   */
  static CommandLine commandLine(Terminal terminal, String asked) {
    CommandLine line = new CommandLine(new FairleadCommand());
    needed(asked).forEach(each -> line.addSubcommand(part(each, terminal)));
    // A file of requests is named @FILE; picocli would read arguments from it.
    return line.setExpandAtFiles(false)
        .setOut(new PrintWriter(terminal.out(), true, UTF_8))
        .setErr(new PrintWriter(terminal.err(), true, UTF_8))
        .setParameterExceptionHandler(
            (e, args) -> usage(terminal, e, List.of(args).contains("--json")))
        .setExecutionExceptionHandler(
            (e, failed, parsed) -> Failures.report(terminal.err(), e, wantsJson(parsed)));
  }

  private static boolean wantsJson(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return last.hasMatchedOption("--json");
  }

  /** Says what is wrong with the arguments, and what was perhaps meant. */
  private static int usage(Terminal terminal, CommandLine.ParameterException e, boolean json) {
    StringBuilder text = new StringBuilder(String.valueOf(e.getMessage()));
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      text.setLength(0);
      String first = unmatched.getUnmatched().get(0);
      CommandLine line = e.getCommandLine();
      if (first.startsWith("-")) {
        text.append("unknown option \"").append(first).append('"');
        text.append(Suggestions.forTypo(first, line.getCommandSpec().optionsMap().keySet()));
      } else if (line.getSubcommands().isEmpty()) {
        text.append("\"").append(first).append("\" is more than ").append(command).append(" takes");
      } else {
        text.append("unknown command \"").append(first).append('"');
        text.append(Suggestions.forTypo(first, FairleadCommand.visible(line)));
      }
    }
    PrintStream err = terminal.err();
    Failures.print(err, text + "; " + command + " --help shows its use", ExitCode.USAGE, json);
    return ExitCode.USAGE;
  }
}
