package io.fairlead.codegen.names;

import java.util.Map;

/**
 * The Java names that the user asks for.
 *
 * @param suffix what follows the name of each service
 * @param names names for single services, by full or simple name in the contract; the suffix does
 *     not follow them
 */
public record JavaNames(String suffix, Map<String, String> names) {
  /** The names of the contract as they are. */
  public static final JavaNames OF_CONTRACT = new JavaNames("", Map.of());

  public JavaNames {
    names = Map.copyOf(names);
  }

  /** The name of the blocking interface; those of the other two types begin with it. */
  public String typeName(String protoPackage, String service) {
    String fullName = protoPackage.isEmpty() ? service : protoPackage + "." + service;
    String given = names.getOrDefault(fullName, names.get(service));
    return given == null ? Identifiers.typeName(service + suffix) : given;
  }
}
