package io.fairlead.cli;

import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.DrainRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Asks the clients of an instance to send their calls elsewhere. */
@Command(
    name = "drain",
    description = "Asks clients to send their calls elsewhere; what still comes is served.")
final class DrainCommand extends ActionCommand {
  private static final Duration POLL = Duration.ofMillis(100);

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "Waits so long until the process has no call in flight.")
  private @Nullable Duration wait;

  DrainCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  ActionResponse act(Admin admin, String server, String why) {
    return admin.drain(DrainRequest.newBuilder().setServer(server).setReason(why).build());
  }

  @Override
  int await(AdminTarget target) throws InterruptedException {
    if (wait == null) {
      return ExitCode.OK;
    }
    long end = System.nanoTime() + wait.toNanos();
    long calls = target.state().getCallsInFlight();
    while (calls > 0 && System.nanoTime() < end) {
      Thread.sleep(POLL.toMillis());
      calls = target.state().getCallsInFlight();
    }
    if (calls > 0) {
      throw new CommandException(
          ExitCode.FAILED,
          target.name()
              + " is drained, and still has "
              + calls
              + (calls == 1 ? " call" : " calls")
              + " in flight after "
              + wait.toMillis()
              + " ms");
    }
    return ExitCode.OK;
  }
}
