package io.fairlead.codegen.names;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The top-level types that are known to exist in each Java package, and where they come from. */
public final class JavaPackages {
  private final Map<String, Map<String, Origin>> types = new HashMap<>();

  public void add(String packageName, String simpleName, Origin origin) {
    types.computeIfAbsent(packageName, p -> new HashMap<>()).putIfAbsent(simpleName, origin);
  }

  /** The simple names in a package. */
  public Set<String> in(String packageName) {
    return origins(packageName).keySet();
  }

  /** The simple names in a package, each with its origin. */
  public Map<String, Origin> origins(String packageName) {
    return types.getOrDefault(packageName, Map.of());
  }
}
