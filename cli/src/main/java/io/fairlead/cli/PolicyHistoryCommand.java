package io.fairlead.cli;

import com.google.gson.JsonArray;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicySet;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows who changed the live policies of a service, when and why. */
@Command(
    name = "history",
    description = "Shows who changed the live policies of a service, when and why.")
final class PolicyHistoryCommand extends LivePolicyCommand {
  @Parameters(index = "0", paramLabel = "SERVICE", description = "A service, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String service;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The most revisions to show. Default: 20.")
  private int limit = 20;

  PolicyHistoryCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(EtcdPolicies policies, OpenRegistry registry) throws InterruptedException {
    if (limit < 1) {
      throw new CommandException(ExitCode.USAGE, "--limit is " + limit + "; use 1 or more");
    }
    PolicySet unused = set(policies, service);
    List<PolicySet> history = ask(policies.history(service));
    List<PolicySet> shown = history.subList(0, Math.min(limit, history.size()));
    if (json()) {
      JsonArray array = new JsonArray();
      shown.forEach(set -> array.add(json(set)));
      terminal.out().println(array);
      return ExitCode.OK;
    }
    Table table = new Table("REVISION", "AT", "BY", "WHY", "CHANGE");
    for (PolicySet set : shown) {
      table.add(set.revision(), time(set.at()), set.author(), set.reason(), set.change());
    }
    table.print(terminal.out());
    if (shown.size() < history.size()) {
      terminal.out().println((history.size() - shown.size()) + " more; --limit shows them");
    }
    return ExitCode.OK;
  }
}
