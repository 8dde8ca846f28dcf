package io.fairlead.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Writes a script by which bash and zsh complete commands and options. */
@Command(
    name = "completion",
    description = {
      "Writes a script by which bash and zsh complete commands and options:",
      "  source <(fairlead completion)"
    })
final class CompletionCommand implements Runnable {
  private final Terminal terminal;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private CommandSpec spec;

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    terminal.out().print(AutoComplete.bash("fairlead", spec.root().commandLine()));
    terminal.out().flush();
  }
}
