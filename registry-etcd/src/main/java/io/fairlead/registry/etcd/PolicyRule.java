package io.fairlead.registry.etcd;

import io.fairlead.policy.MethodPolicy;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What live policy states for a target, and who stated it.
 *
 * @param policy what channels do with calls of the target
 * @param limits what servers of the target take
 * @param revision of the set that brought it in
 * @param until when it ends by itself; empty for a rule that stays
 */
public record PolicyRule(
    PolicyTarget target,
    MethodPolicy policy,
    LiveLimits limits,
    long revision,
    String author,
    String reason,
    Instant at,
    Optional<Instant> until) {
  public PolicyRule {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(author, "author");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(until, "until");
  }

  /** Returns the fields that it states with their values, as messages show them. */
  public String stated() {
    if (limits.isEmpty()) {
      return policy.toString();
    }
    return policy.isEmpty() ? limits.toString() : policy + " " + limits;
  }

  /** Returns where a field comes from, as explanations show it. */
  String source() {
    return until.map(end -> "emergency until " + end + ", ").orElse("")
        + "revision "
        + revision
        + " by "
        + author;
  }
}
