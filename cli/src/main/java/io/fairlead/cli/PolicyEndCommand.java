package io.fairlead.cli;

import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicySet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ends emergency rules. */
@Command(
    name = "end",
    description = "Ends the emergency rules of a service before their time; what was set stays.")
final class PolicyEndCommand extends LivePolicyCommand {
  @Parameters(index = "0", paramLabel = "SERVICE", description = "A service, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String service;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the history.")
  private String reason = "the emergency is over";

  @Option(
      names = "--author",
      paramLabel = "NAME",
      description = "Who. Default: FAIRLEAD_AUTHOR, or else USER.")
  private @Nullable String author;

  PolicyEndCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(EtcdPolicies policies) throws InterruptedException {
    PolicySet before = set(policies, service);
    PolicySet after = ask(policies.endEmergencies(service, author(author), reason));
    if (after.revision() == before.revision() && !json()) {
      terminal.out().println("nothing to end: " + service + " has no emergency rule");
    } else {
      print(after);
    }
    return ExitCode.OK;
  }
}
