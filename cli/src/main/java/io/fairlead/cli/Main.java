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

  private Main() {}

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
    return commandLine(terminal).execute(args);
  }

  static CommandLine commandLine(Terminal terminal) {
    CommandLine line =
        new CommandLine(new FairleadCommand())
            .addSubcommand(new LsCommand(terminal))
            .addSubcommand(new CallCommand(terminal))
            .addSubcommand(new DrainCommand(terminal))
            .addSubcommand(new UndrainCommand(terminal))
            .addSubcommand(new WeightCommand(terminal))
            .addSubcommand(new RouteCommand(terminal))
            .addSubcommand(PolicyCommand.line(terminal))
            .addSubcommand(new LoadCommand(terminal))
            .addSubcommand(new TopCommand(terminal))
            .addSubcommand(new LogsCommand(terminal))
            .addSubcommand(new TapCommand(terminal))
            .addSubcommand(new ExplainCommand(terminal))
            .addSubcommand(new DoctorCommand(terminal))
            .addSubcommand(new BreakingCommand(terminal))
            .addSubcommand(new NewCommand(terminal))
            .addSubcommand(new ConsoleCommand(terminal))
            .addSubcommand(new GatewayCommand())
            .addSubcommand(new ScaleCommand())
            .addSubcommand(new EtcdCommand(terminal))
            .addSubcommand(new CompletionCommand(terminal))
            .addSubcommand(new TrainCommand());
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
