package io.fairlead.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command itself: its parts do the work. */
@Command(
    name = "fairlead",
    description = "Looks at services and processes, calls them, and acts on them.",
    versionProvider = FairleadCommand.Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the call or the action failed, the doctor found an error, or breaking found a change",
      "2:the arguments are wrong",
      "3:no service, instance or method of that name",
      "4:the registry or the process did not answer",
      "5:the caller is not known, or not permitted",
      "6:the action was taken, and the registry has not confirmed it yet"
    })
final class FairleadCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Shows the log of channels and registries too.")
  @SuppressWarnings("UnusedVariable") // main() looks for it before the first logger is made
  private boolean verbose;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Returns the names of commands that people are told of. */
  static List<String> visible(CommandLine line) {
    List<String> names = new ArrayList<>();
    line.getSubcommands()
        .forEach(
            (name, command) -> {
              if (!command.getCommandSpec().usageMessage().hidden()) {
                names.add(name);
              }
            });
    return names;
  }

  /** The version of the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"fairlead " + of(), "Java " + Runtime.version()};
    }

    static String of() {
      String version = FairleadCommand.class.getPackage().getImplementationVersion();
      return version == null ? "of a build without a jar" : version;
    }
  }
}
