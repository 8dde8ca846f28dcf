package io.fairlead.server.internal.stack;

import java.util.Set;

/**
 * What the builder says of who may call which method. Names are those of methods or of services.
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

  boolean isOpen(String method) {
    return names(open, method);
  }

  boolean isAuthenticated(String method) {
    return names(authenticated, method);
  }

  private static boolean names(Set<String> names, String method) {
    return names.contains(method) || names.contains(method.substring(0, method.lastIndexOf('/')));
  }
}
