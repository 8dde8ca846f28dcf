package io.fairlead.cli;

import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicySet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ends emergency rules. */
@Command(
    name = "end",
    description = "Ends the emergency rules of a service before their time; what was set stays.")
final class PolicyEndCommand extends LivePolicyChangeCommand {
  @Parameters(index = "0", paramLabel = "SERVICE", description = "A service, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String service;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the history.")
  private String reason = "the emergency is over";

  PolicyEndCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String service() {
    return service;
  }

  @Override
  long revision(EtcdPolicies policies) throws InterruptedException {
    return set(policies, service).revision();
  }

  @Override
  PolicySet change(EtcdPolicies policies, String by, OpenRegistry registry)
      throws InterruptedException {
    return ask(policies.endEmergencies(service, by, reason));
  }

  @Override
  String nothing(PolicySet set) {
    return "nothing to end: " + set.service() + " has no emergency rule";
  }
}
