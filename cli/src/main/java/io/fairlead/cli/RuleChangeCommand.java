package io.fairlead.cli;

import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicyChange;
import io.fairlead.registry.etcd.PolicySet;
import io.fairlead.registry.etcd.PolicyTarget;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command that changes a rule of live policy. */
abstract class RuleChangeCommand extends LivePolicyChangeCommand {
  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "A full method name, a service of a contract, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String name;

  @Option(names = "--caller", paramLabel = "NAME", description = "Only for calls of this caller.")
  private String caller = "";

  @Option(names = "--zone", paramLabel = "ZONE", description = "Only in processes of this zone.")
  private String zone = "";

  @Option(
      names = "--of-version",
      paramLabel = "VERSION",
      description = "Only in processes of this version.")
  private String version = "";

  @Option(
      names = "--percent",
      paramLabel = "N",
      description = "Only in this share of the processes; it is always the same ones.")
  private int percent = 100;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description =
          "Makes it an emergency rule, which wins over all others and ends by itself after this time.")
  private @Nullable Duration lasting;

  @Option(
      names = "--expect",
      paramLabel = "REVISION",
      description = "Refuses the change if the service is at another revision.")
  private @Nullable Long expected;

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Why, for the history.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String reason;

  @Mixin private final ContractSearch contract = new ContractSearch();

  private String unchecked = "";

  RuleChangeCommand(Terminal terminal) {
    super(terminal);
  }

  /** Returns the fields that change, as one object of JSON. */
  abstract JsonObject patch();

  private PolicyTarget target() {
    return new PolicyTarget(name, caller, zone, version, percent);
  }

  @Override
  String service() {
    return target().service();
  }

  @Override
  PolicySet change(EtcdPolicies policies, String by, OpenRegistry registry)
      throws InterruptedException {
    PolicyChange.Builder change =
        PolicyChange.builder(target()).patch(patch().toString()).author(by).reason(reason);
    if (lasting != null) {
      change.lasting(lasting);
    }
    if (expected != null) {
      change.expectedRevision(expected);
    }
    // Mistakes that need no contract come first.
    PolicyChange unused = change.build();
    if (!service().equals(MethodPolicies.ALL)) {
      Optional<ServiceDescriptor> found = contract.find(registry, service());
      found.ifPresent(change::contract);
      unchecked = found.isPresent() ? "" : contract.missing(registry, service());
    }
    return ask(policies.change(change.build()));
  }

  @Override
  String unchecked() {
    return unchecked;
  }
}
