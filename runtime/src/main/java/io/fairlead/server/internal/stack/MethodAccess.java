package io.fairlead.server.internal.stack;

import io.fairlead.server.internal.call.ServerMethodConfig;
import java.util.Set;

/**
 * Who may call which method: what the builder says, beside the policies of the methods. Names are
 * those of methods or of services.
 *
 * @param open everyone may call them, and the authorizer is not asked
 * @param authenticated every caller that the authorizer knows may call them
 * @param complete whether a method of which nothing is said stops the start
 */
public record MethodAccess(Set<String> open, Set<String> authenticated, boolean complete) {
  public MethodAccess {
    open = Set.copyOf(open);
    authenticated = Set.copyOf(authenticated);
  }

  /** Whether everyone may call it, by the builder or by its policy. */
  boolean isOpen(ServerMethodConfig method) {
    return namesOpen(method) || method.policy().publicAccess().orElse(false);
  }

  /** Whether every known caller may call it, by the builder or by its policy. */
  boolean isAuthenticated(ServerMethodConfig method) {
    return namesAuthenticated(method) || !method.policy().publicAccess().orElse(true);
  }

  boolean namesOpen(ServerMethodConfig method) {
    return names(open, method.name());
  }

  boolean namesAuthenticated(ServerMethodConfig method) {
    return names(authenticated, method.name());
  }

  private static boolean names(Set<String> names, String method) {
    return names.contains(method) || names.contains(method.substring(0, method.lastIndexOf('/')));
  }
}
