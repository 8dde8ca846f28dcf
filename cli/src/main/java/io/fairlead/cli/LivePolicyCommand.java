package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.registry.etcd.PolicyConflictException;
import io.fairlead.registry.etcd.PolicyJson;
import io.fairlead.registry.etcd.PolicyRule;
import io.fairlead.registry.etcd.PolicySet;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command about the live policies in etcd. */
abstract class LivePolicyCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Writes JSON.")
  private boolean json;

  @Mixin private final RegistryOptions registryOptions = new RegistryOptions();

  final Terminal terminal;

  LivePolicyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Does it; returns the exit code. */
  abstract int run(EtcdPolicies policies, OpenRegistry registry) throws InterruptedException;

  @Override
  public Integer call() throws InterruptedException {
    try (OpenRegistry registry = registryOptions.open(terminal)) {
      if (!(registry.registry() instanceof EtcdRegistry etcd)) {
        throw new CommandException(
            ExitCode.USAGE,
            "live policies are kept in etcd, and " + registry + " is none; name it by --registry");
      }
      return run(etcd.policies(), registry);
    }
  }

  boolean json() {
    return json;
  }

  /** Waits for what etcd says, and says what a failure means. */
  <T> T ask(CompletionStage<T> question) throws InterruptedException {
    String url = registryOptions.url(terminal);
    try {
      return question
          .toCompletableFuture()
          .get(registryOptions.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "the registry "
              + url
              + " has not answered within "
              + registryOptions.timeout().toMillis()
              + " ms; \"fairlead doctor\" looks for the reason");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      String message = String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
      if (cause instanceof IllegalArgumentException) {
        throw new CommandException(ExitCode.USAGE, message);
      }
      if (cause instanceof PolicyConflictException) {
        throw new CommandException(ExitCode.FAILED, message);
      }
      throw new CommandException(ExitCode.UNREACHABLE, message);
    }
  }

  /** Returns the set of a service; a service without one is an error. */
  PolicySet set(EtcdPolicies policies, String service) throws InterruptedException {
    PolicySet set = ask(policies.read(service));
    if (set.revision() == 0) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "no live policy was ever set for "
              + service
              + Suggestions.forName(service, new TreeSet<>(ask(policies.services()))));
    }
    return set;
  }

  static JsonObject json(PolicySet set) {
    JsonObject object = new JsonObject();
    object.addProperty("service", set.service());
    object.addProperty("revision", set.revision());
    object.addProperty("by", set.author());
    object.addProperty("why", set.reason());
    object.addProperty("at", set.at().toString());
    object.addProperty("change", set.change());
    object.add("rules", json(set.rules()));
    object.add("emergencies", json(set.emergencies()));
    return object;
  }

  private static JsonArray json(List<PolicyRule> rules) {
    JsonArray array = new JsonArray();
    for (PolicyRule rule : rules) {
      JsonObject object = new JsonObject();
      object.addProperty("target", rule.target().toString());
      object.add("policy", JsonParser.parseString(PolicyJson.write(rule.policy())));
      if (!rule.limits().isEmpty()) {
        object.add("limits", JsonParser.parseString(PolicyJson.write(rule.limits())));
      }
      object.addProperty("revision", rule.revision());
      object.addProperty("by", rule.author());
      object.addProperty("why", rule.reason());
      object.addProperty("at", rule.at().toString());
      rule.until().ifPresent(end -> object.addProperty("until", end.toString()));
      array.add(object);
    }
    return array;
  }

  /** Returns a time without its parts of a second. */
  static String time(java.time.Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
