package io.fairlead.cli;

import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.SetWeightRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Changes the share of the calls that an instance gets. */
@Command(
    name = "weight",
    description = "Changes the share of the calls that an instance gets, relative to the others.")
final class WeightCommand extends ActionCommand {
  @Parameters(
      index = "1",
      paramLabel = "WEIGHT",
      description = "From 0 to 1000000; 100 is ordinary, and at 0 it gets no calls.")
  private int weight;

  WeightCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ActionResponse act(Admin admin, String server, String why) {
    if (weight < 0) {
      throw new CommandException(
          ExitCode.USAGE, "weight \"" + weight + "\" is not a number from 0 to 1000000");
    }
    return admin.setWeight(
        SetWeightRequest.newBuilder().setServer(server).setWeight(weight).setReason(why).build());
  }
}
