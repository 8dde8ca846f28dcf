package io.fairlead.cli;

import com.google.gson.JsonArray;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicySet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what changed between two revisions. */
@Command(
    name = "diff",
    description = "Shows what changed between two revisions of the live policies of a service.")
final class PolicyDiffCommand extends LivePolicyCommand {
  @Parameters(index = "0", paramLabel = "SERVICE", description = "A service, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String service;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FROM",
      description = "A revision, or 0 for none. Default: the one before TO.")
  private @Nullable Long from;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "TO",
      description = "A revision. Default: the present one.")
  private @Nullable Long to;

  PolicyDiffCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(EtcdPolicies policies, OpenRegistry registry) throws InterruptedException {
    PolicySet now = set(policies, service);
    List<PolicySet> history = ask(policies.history(service));
    PolicySet after = to == null ? now : kept(history, to);
    PolicySet before = kept(history, from == null ? after.revision() - 1 : from);
    List<String> changes = after.changesSince(before);
    if (json()) {
      JsonArray array = new JsonArray();
      changes.forEach(array::add);
      terminal.out().println(array);
    } else if (changes.isEmpty()) {
      terminal
          .out()
          .println(
              "revisions " + before.revision() + " and " + after.revision() + " have the same");
    } else {
      changes.forEach(terminal.out()::println);
    }
    return ExitCode.OK;
  }

  private PolicySet kept(List<PolicySet> history, long revision) {
    return history.stream()
        .filter(set -> set.revision() == revision)
        .findFirst()
        .orElseGet(() -> none(history, revision));
  }

  private PolicySet none(List<PolicySet> history, long revision) {
    if (revision == 0) {
      return PolicySet.none(service);
    }
    throw new CommandException(
        ExitCode.NOT_FOUND,
        "revision "
            + revision
            + " of "
            + service
            + " is not kept; "
            + (history.isEmpty()
                ? "there is none"
                : "there are "
                    + history.get(history.size() - 1).revision()
                    + " to "
                    + history.get(0).revision()));
  }
}
