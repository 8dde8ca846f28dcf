package io.fairlead.cli;

import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.UndrainRequest;
import picocli.CommandLine.Command;

/** Takes back a drain. */
@Command(name = "undrain", description = "Takes back a drain.")
final class UndrainCommand extends ActionCommand {
  UndrainCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ActionResponse act(Admin admin, String server, String why) {
    return admin.undrain(UndrainRequest.newBuilder().setServer(server).setReason(why).build());
  }
}
