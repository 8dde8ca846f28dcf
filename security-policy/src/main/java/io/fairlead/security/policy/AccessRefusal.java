package io.fairlead.security.policy;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A call that was refused, or that would have been, for an audit. Holds nothing of a token. */
public final class AccessRefusal {
  /** The rule of calls whose caller is not known. */
  public static final String AUTHENTICATION = "authentication";

  private final String method;
  private final @Nullable String caller;
  private final String rule;
  private final boolean dryRun;

  AccessRefusal(String method, @Nullable String caller, String rule, boolean dryRun) {
    this.method = Objects.requireNonNull(method, "method");
    this.caller = caller;
    this.rule = Objects.requireNonNull(rule, "rule");
    this.dryRun = dryRun;
  }

  /** Returns the full name of the method. */
  public String method() {
    return method;
  }

  /** Returns the name of the caller; empty if it is not known. */
  public Optional<String> caller() {
    return Optional.ofNullable(caller);
  }

  /**
   * Returns the name of the rule: one of the policy, {@link AccessPolicy#NO_RULE}, or {@link
   * #AUTHENTICATION}.
   */
  public String rule() {
    return rule;
  }

  /** Returns whether the call was let in all the same. */
  public boolean dryRun() {
    return dryRun;
  }

  /** Returns the refusal on one line; what a caller chose is without control characters. */
  @Override
  public String toString() {
    return (dryRun ? "would refuse " : "refused ")
        + method
        + " to "
        + (caller == null ? "an unknown caller" : caller.replaceAll("\\p{Cntrl}", "?"))
        + " by "
        + (rule.equals(AccessPolicy.NO_RULE) ? "default: no rule allows it" : "rule " + rule);
  }
}
