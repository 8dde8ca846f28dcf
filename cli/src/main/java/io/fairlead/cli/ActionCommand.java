package io.fairlead.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.admin.v1.ActionResponse;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.Registration;
import io.fairlead.admin.v1.ServerState;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** An action on one instance, through the admin service of its process. */
abstract class ActionCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "ID",
      description =
          "An instance: its id, service/id, or the host:port of its process, which then stands for all"
              + " servers there.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String id;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why, for the history of the server and the audit event.")
  private String reason = "";

  @Option(names = "--json", description = "Writes the response as JSON.")
  private boolean json;

  @Mixin private final AdminOptions options = new AdminOptions();

  final Terminal terminal;

  ActionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Acts on a server of the process; an empty name stands for all of them. */
  abstract ActionResponse act(Admin admin, String server, String why);

  /** Waits for what the action is to bring about; returns an exit code. */
  int await(AdminTarget target) throws InterruptedException {
    return ExitCode.OK;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AdminTarget target = AdminTarget.open(terminal, id, options)) {
      String server = target.serverName();
      ActionResponse response = target.ask(admin -> act(admin, server, reason));
      if (json) {
        terminal.out().println(json(response));
      } else {
        response.getServersList().forEach(each -> terminal.out().println(line(each)));
      }
      if (!response.getConfirmed()) {
        Failures.print(
            terminal.err(), "not confirmed: " + response.getDetail(), ExitCode.UNCONFIRMED, json);
        return ExitCode.UNCONFIRMED;
      }
      return await(target);
    }
  }

  static String json(MessageOrBuilder message) {
    try {
      return JsonFormat.printer()
          .omittingInsignificantWhitespace()
          .alwaysPrintFieldsWithNoPresence()
          .print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a message of the admin service is no JSON", e);
    }
  }

  private static String line(ServerState server) {
    StringBuilder text = new StringBuilder(server.getName());
    text.append(": ").append(server.getPhase());
    if (server.hasRegistration()) {
      Registration entry = server.getRegistration();
      text.append(", ").append(entry.getService()).append('/').append(entry.getId());
      text.append(' ').append(entry.getState());
      text.append(entry.getDraining() ? ", draining" : "");
      text.append(", weight ").append(entry.getWeight());
    } else {
      text.append(", in no registry");
    }
    return text.toString();
  }
}
