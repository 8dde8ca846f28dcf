package io.fairlead.registry.etcd;

import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyField;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The live policies of one service at one revision.
 *
 * @param service a service, or {@code "*"} for the rules of all services
 * @param revision counts the changes of this service's set; 0 before the first one
 * @param change what this revision changed, in words
 * @param rules those that stay
 * @param emergencies those that end by themselves; of a revision in the history always empty
 */
public record PolicySet(
    String service,
    long revision,
    String author,
    String reason,
    Instant at,
    String change,
    List<PolicyRule> rules,
    List<PolicyRule> emergencies) {
  public PolicySet {
    rules = List.copyOf(rules);
    emergencies = List.copyOf(emergencies);
  }

  /** Returns the set of a service before anybody has changed it. */
  public static PolicySet none(String service) {
    return new PolicySet(service, 0, "", "", Instant.EPOCH, "", List.of(), List.of());
  }

  /** Returns what is other than in an earlier set, one line for each field of each target. */
  public List<String> changesSince(PolicySet earlier) {
    List<String> lines = new ArrayList<>();
    compare(earlier.rules, rules, "", lines);
    compare(earlier.emergencies, emergencies, "emergency, ", lines);
    return lines;
  }

  private static void compare(
      List<PolicyRule> before, List<PolicyRule> after, String kind, List<String> lines) {
    Map<PolicyTarget, Stated> was = byTarget(before);
    Map<PolicyTarget, Stated> is = byTarget(after);
    Set<PolicyTarget> targets = new LinkedHashSet<>(was.keySet());
    targets.addAll(is.keySet());
    for (PolicyTarget target : targets) {
      Stated old = was.getOrDefault(target, Stated.NOTHING);
      Stated now = is.getOrDefault(target, Stated.NOTHING);
      for (PolicyField field : PolicyField.values()) {
        compare(
            kind + target + ": " + field.fieldName(),
            PolicyField.text(field.of(old.policy())),
            PolicyField.text(field.of(now.policy())),
            lines);
      }
      for (String limit : now.limits().over(old.limits()).names()) {
        compare(
            kind + target + ": " + LiveLimits.NAME + "." + limit,
            old.limits().text(limit),
            now.limits().text(limit),
            lines);
      }
    }
  }

  private static void compare(String what, String from, String to, List<String> lines) {
    if (!from.equals(to)) {
      lines.add(what + " " + from + " -> " + to);
    }
  }

  /** What rules for one target state together. */
  private record Stated(MethodPolicy policy, LiveLimits limits) {
    static final Stated NOTHING = new Stated(MethodPolicy.empty(), LiveLimits.none());

    Stated over(Stated other) {
      return new Stated(policy.over(other.policy), limits.over(other.limits));
    }
  }

  /** Of two emergencies for one target, what both state together; the later one wins. */
  private static Map<PolicyTarget, Stated> byTarget(List<PolicyRule> rules) {
    Map<PolicyTarget, Stated> found = new LinkedHashMap<>();
    rules.forEach(
        rule ->
            found.merge(
                rule.target(),
                new Stated(rule.policy(), rule.limits()),
                (earlier, later) -> later.over(earlier)));
    return found;
  }

  /** Returns {@code revision 12 by ann}, as messages show it. */
  String title() {
    return revision == 0 ? "no revision" : "revision " + revision + " by " + author;
  }
}
