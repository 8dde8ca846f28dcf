package io.fairlead.cli;

import picocli.CommandLine.Command;

/**
 * Decides how many instances a service has. {@link Main} gives it all arguments; this is its line
 * in the list.
 */
@Command(
    name = "scale",
    description =
        "Decides how many instances a service has, and starts and drains them; scale --help lists its"
            + " arguments.")
final class ScaleCommand {
  /** Starts it, and returns when it was stopped. */
  static int start(String[] arguments) {
    try {
      io.fairlead.scaling.Main.main(arguments);
      return ExitCode.OK;
    } catch (InterruptedException e) {
      return ExitCode.FAILED;
    }
  }
}
