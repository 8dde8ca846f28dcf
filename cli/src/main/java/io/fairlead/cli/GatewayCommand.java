package io.fairlead.cli;

import io.fairlead.gateway.GatewayMain;
import picocli.CommandLine.Command;

/** Starts a gateway. {@link Main} gives it all arguments; this is its line in the list. */
@Command(
    name = "gateway",
    description =
        "Serves services of other processes by Connect, gRPC-Web and REST; gateway --help lists its"
            + " arguments.")
final class GatewayCommand {
  /** Starts it, and returns when it was stopped. */
  static int start(String[] arguments) {
    try {
      GatewayMain.main(arguments);
      return ExitCode.OK;
    } catch (InterruptedException e) {
      return ExitCode.FAILED;
    }
  }
}
