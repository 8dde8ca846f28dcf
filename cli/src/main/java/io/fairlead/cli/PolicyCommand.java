package io.fairlead.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is done with policies. */
@Command(
    name = "policy",
    description = "Shows policies, and changes those that processes take while they run.",
    synopsisSubcommandLabel = "COMMAND")
final class PolicyCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private CommandSpec spec;

  /** Returns the command with its parts. */
  static CommandLine line(Terminal terminal) {
    return new CommandLine(new PolicyCommand())
        .addSubcommand(new PolicyGetCommand(terminal))
        .addSubcommand(new PolicySetCommand(terminal))
        .addSubcommand(new PolicyStatusCommand(terminal))
        .addSubcommand(new PolicyDiffCommand(terminal))
        .addSubcommand(new PolicyHistoryCommand(terminal))
        .addSubcommand(new PolicyRollbackCommand(terminal))
        .addSubcommand(new PolicyEndCommand(terminal));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
