package io.fairlead.security.policy;

import io.fairlead.security.Caller;
import java.util.List;

/**
 * One line of a policy.
 *
 * @param methods patterns of which one must fit
 * @param callers patterns of which one must fit; empty for every caller
 * @param scopes that the caller must all have
 */
record AccessRule(
    boolean deny, String name, List<String> methods, List<String> callers, List<String> scopes) {
  boolean fits(String method, Caller caller) {
    return methods.stream().anyMatch(pattern -> fits(pattern, method))
        && (callers.isEmpty() || callers.stream().anyMatch(caller::isNamed))
        && caller.scopes().containsAll(scopes);
  }

  private static boolean fits(String pattern, String text) {
    return pattern.endsWith("*")
        ? text.startsWith(pattern.substring(0, pattern.length() - 1))
        : text.equals(pattern);
  }
}
