package io.fairlead.security.policy;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A call that was refused, or that would have been, for an audit. Holds nothing of a token. */
public final class AccessRefusal {
  /** The rule of calls whose caller is not known. */
  public static final String AUTHENTICATION = "authentication";

  /** The rule of calls that the authorizer that finds out callers denies, e.g. for a scope. */
  public static final String AUTHORIZER = "authorizer";

  /** The rule of calls that could not be decided, or whose decision failed. */
  public static final String UNDECIDED = "undecided";

  /** No rule of a policy has one of these names. */
  static final Set<String> BUILT_IN = Set.of(AUTHENTICATION, AUTHORIZER, UNDECIDED);

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

  /** Returns the name of the caller; empty if the policy was not told it. */
  public Optional<String> caller() {
    return Optional.ofNullable(caller);
  }

  /**
   * Returns the name of the rule: one of the policy, {@link AccessPolicy#NO_RULE}, {@link
   * #AUTHENTICATION}, {@link #AUTHORIZER} or {@link #UNDECIDED}.
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
        + callerText()
        + " by "
        + (rule.equals(AccessPolicy.NO_RULE) ? "default: no rule allows it" : "rule " + rule);
  }

  private String callerText() {
    if (caller != null) {
      return caller.replaceAll("\\p{Cntrl}", "?");
    }
    return rule.equals(AUTHENTICATION) ? "an unknown caller" : "a caller";
  }
}
