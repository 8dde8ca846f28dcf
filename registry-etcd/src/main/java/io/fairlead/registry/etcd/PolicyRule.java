package io.fairlead.registry.etcd;

import io.fairlead.policy.MethodPolicy;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What live policy states for a target, and who stated it.
 *
 * @param revision of the set that brought it in
 * @param until when it ends by itself; empty for a rule that stays
 */
public record PolicyRule(
    PolicyTarget target,
    MethodPolicy policy,
    long revision,
    String author,
    String reason,
    Instant at,
    Optional<Instant> until) {
  public PolicyRule {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(author, "author");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(until, "until");
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
