package io.fairlead.cli;

import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicySet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes a change back. */
@Command(
    name = "rollback",
    description =
        "Takes the last change of the live policies of a service back, or all since a revision. Emergency"
            + " rules that began since then end.")
final class PolicyRollbackCommand extends LivePolicyChangeCommand {
  @Parameters(index = "0", paramLabel = "SERVICE", description = "A service, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String service;

  @Option(
      names = "--to",
      paramLabel = "REVISION",
      description = "The revision to go back to; 0 for no rules. Default: the one before.")
  private @Nullable Long to;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the history.")
  private String reason = "rollback";

  PolicyRollbackCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String service() {
    return service;
  }

  /** It always writes a revision, also over a set that cannot be read. */
  @Override
  long revision(EtcdPolicies policies) {
    return -1;
  }

  @Override
  PolicySet change(EtcdPolicies policies, String by, OpenRegistry registry)
      throws InterruptedException {
    return ask(
        to == null
            ? policies.rollback(service, by, reason)
            : policies.rollbackTo(service, to, by, reason));
  }
}
