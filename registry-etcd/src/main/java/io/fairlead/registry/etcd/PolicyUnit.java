package io.fairlead.registry.etcd;

import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicies;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one key of live policy states: the set of a service, or an emergency rule. It is taken or
 * refused as a whole.
 *
 * @param text as etcd has it, in one line
 */
record PolicyUnit(
    String service, long revision, boolean emergency, List<PolicyRule> rules, String text) {
  /**
   * Emergency rules first; then the narrower name, then the more conditions, then the later
   * revision.
   */
  private static final Comparator<PolicyRule> STRONGEST_FIRST =
      Comparator.comparing((PolicyRule rule) -> rule.until().isEmpty())
          .thenComparing(rule -> -rule.target().depth())
          .thenComparing(rule -> -rule.target().conditions())
          .thenComparing(rule -> -rule.revision())
          .thenComparing(rule -> rule.target().name());

  /**
   * Reads what a key has.
   *
   * @throws IllegalArgumentException if it is no live policy; the message says why
   */
  static PolicyUnit decode(PolicyKeys keys, String key, String text) {
    String service = keys.service(key);
    // Whoever writes by hand may use several lines.
    String line = PolicyJson.parse(text).toString();
    if (keys.isSet(key)) {
      PolicySet set = PolicyCodec.set(service, line);
      return new PolicyUnit(service, set.revision(), false, set.rules(), line);
    }
    PolicyRule rule = PolicyCodec.emergency(service, line);
    return new PolicyUnit(service, rule.revision(), true, List.of(rule), line);
  }

  /** Returns whether it is an emergency rule whose time is over. */
  boolean isOver(Instant now) {
    return emergency && rules.get(0).until().map(end -> !end.isAfter(now)).orElse(false);
  }

  /** Returns the rules that are for one process, the strongest first. */
  private static List<PolicyRule> meant(Collection<PolicyUnit> units, PolicyProcess process) {
    List<PolicyRule> rules = new ArrayList<>();
    for (PolicyUnit unit : units) {
      unit.rules().stream().filter(process::isMeant).forEach(rules::add);
    }
    rules.sort(STRONGEST_FIRST);
    return rules;
  }

  /** Returns what the rules of several state together for one process, one layer for each rule. */
  static MethodPolicies join(Collection<PolicyUnit> units, PolicyProcess process) {
    List<PolicyRule> rules = meant(units, process);
    MethodPolicies joined = MethodPolicies.empty();
    for (int i = rules.size() - 1; i >= 0; i--) {
      PolicyRule rule = rules.get(i);
      if (rule.policy().isEmpty()) {
        continue;
      }
      joined =
          MethodPolicies.of(Map.of(rule.target().name(), rule.policy()))
              .from(rule.source())
              .over(joined);
    }
    return joined;
  }

  /** The limits of a server, and which rules they come from. */
  record ServerLimits(ConcurrencyLimits limits, String origin) {}

  /**
   * Returns the limits of a server of one process.
   *
   * @param services that it serves
   * @param built its own, where no rule states others
   */
  static ServerLimits limits(
      Collection<PolicyUnit> units,
      PolicyProcess process,
      Set<String> services,
      ConcurrencyLimits built) {
    List<PolicyRule> rules = meant(units, process);
    ConcurrencyLimits limits = built;
    Map<String, String> origins = new TreeMap<>();
    for (int i = rules.size() - 1; i >= 0; i--) {
      PolicyRule rule = rules.get(i);
      PolicyTarget target = rule.target();
      boolean served =
          target.service().equals(MethodPolicies.ALL) || services.contains(target.service());
      if (served && !rule.limits().isEmpty()) {
        limits = rule.limits().over(limits, target);
        for (String name : rule.limits().names()) {
          origins.put(target.depth() == 2 ? name + " of " + target.name() : name, rule.source());
        }
      }
    }
    StringBuilder origin = new StringBuilder();
    origins.forEach(
        (name, source) ->
            origin.append(origin.isEmpty() ? "" : "; ").append(name).append(": ").append(source));
    return new ServerLimits(limits, origin.toString());
  }
}
