package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.admin.v1.ListPoliciesRequest;
import io.fairlead.admin.v1.ListPoliciesResponse;
import io.fairlead.admin.v1.MethodPolicy;
import io.fairlead.admin.v1.PolicyField;
import io.fairlead.admin.v1.ServerState;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the policies that a process applies to its own calls, and the limits of its servers. */
@Command(
    name = "get",
    description =
        "Shows the policies that a process applies to the calls it makes: each field with its value, and"
            + " where that comes from. Without a method, the limits of its servers too.")
final class PolicyGetCommand implements Callable<Integer> {
  private static final String DEFAULT = "DEFAULT";

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "ID",
      description = "An instance: its id, service/id, or the host:port of its process.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String id;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "METHOD",
      description = "A full method name, such as shop.v1.Inventory/Reserve. Default: all.")
  private String method = "";

  @Option(names = "--all", description = "Shows the fields that nobody has set too.")
  private boolean all;

  @Option(names = "--json", description = "Writes JSON, always with all fields.")
  private boolean json;

  @Mixin private final AdminOptions options = new AdminOptions();

  PolicyGetCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AdminTarget target = AdminTarget.open(terminal, id, options)) {
      ListPoliciesResponse response =
          target.ask(
              admin ->
                  admin.listPolicies(ListPoliciesRequest.newBuilder().setMethod(method).build()));
      List<ServerState> servers = method.isEmpty() ? target.state().getServersList() : List.of();
      if (json) {
        terminal.out().println(json(response, servers));
        return ExitCode.OK;
      }
      if (response.getPoliciesCount() == 0) {
        terminal
            .out()
            .println(target.name() + " has called no method on a channel that it watches");
      } else {
        response.getPoliciesList().forEach(this::print);
      }
      print(servers);
      return ExitCode.OK;
    }
  }

  private static JsonObject json(ListPoliciesResponse response, List<ServerState> servers) {
    JsonObject object = JsonParser.parseString(ActionCommand.json(response)).getAsJsonObject();
    JsonArray limits = new JsonArray();
    for (ServerState server : servers) {
      JsonObject one = new JsonObject();
      one.addProperty("server", server.getName());
      one.addProperty("limits", server.getLimits());
      one.addProperty("origin", server.getLimitsOrigin());
      limits.add(one);
    }
    object.add("limits", limits);
    return object;
  }

  private void print(List<ServerState> servers) {
    Table table = new Table("SERVER", "LIMITS", "ORIGIN");
    boolean any = false;
    for (ServerState server : servers) {
      // A process of an earlier version does not say them.
      if (!server.getLimits().isEmpty()) {
        String origin = server.getLimitsOrigin();
        table.add(
            server.getName(), server.getLimits(), origin.isEmpty() ? "BUILDER" : "LIVE, " + origin);
        any = true;
      }
    }
    if (any) {
      table.print(terminal.out());
    }
  }

  private void print(MethodPolicy policy) {
    terminal.out().println(policy.getMethod() + " on " + policy.getTarget());
    Table table = new Table("FIELD", "VALUE", "ORIGIN");
    int hidden = 0;
    for (PolicyField field : policy.getFieldsList()) {
      if (all || !field.getOrigin().equals(DEFAULT)) {
        String source = field.getSource();
        table.add(
            field.getName(),
            field.getValue(),
            field.getOrigin() + (source.isEmpty() ? "" : ", " + source));
      } else {
        hidden++;
      }
    }
    table.print(terminal.out());
    if (hidden > 0) {
      terminal.out().println(hidden + " more have their default; --all shows them");
    }
  }
}
