package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import java.util.Map;
import java.util.TreeMap;

/**
 * Policies by what they are for: a full method name ({@code "shop.v1.Inventory/Reserve"}), a
 * service's name for all of its methods, or {@code "*"} for every method. Immutable.
 */
public final class MethodPolicies {
  /** The name that stands for every method. */
  public static final String ALL = "*";

  private static final MethodPolicies EMPTY = new MethodPolicies(Map.of());

  private final Map<String, MethodPolicy> byName;

  private MethodPolicies(Map<String, MethodPolicy> byName) {
    this.byName = byName;
  }

  /** States nothing. */
  public static MethodPolicies empty() {
    return EMPTY;
  }

  /** Returns a copy of these. */
  public static MethodPolicies of(Map<String, MethodPolicy> byName) {
    byName.keySet().forEach(MethodPolicies::check);
    return new MethodPolicies(new TreeMap<>(byName));
  }

  /** Returns the same with one policy added or replaced. */
  public MethodPolicies with(String name, MethodPolicy policy) {
    Map<String, MethodPolicy> grown = new TreeMap<>(byName);
    grown.put(check(name), policy);
    return new MethodPolicies(grown);
  }

  /** Returns the same without the policy of this name. */
  public MethodPolicies without(String name) {
    Map<String, MethodPolicy> rest = new TreeMap<>(byName);
    rest.remove(name);
    return new MethodPolicies(rest);
  }

  /**
   * Returns the policy of a method: its own, then its service's, then that of all services.
   *
   * @param unary whether the method has one request and one response
   * @param repeatable whether it may be executed twice
   */
  public MethodPolicy of(String fullMethodName, boolean unary, boolean repeatable) {
    if (byName.isEmpty()) {
      return MethodPolicy.empty();
    }
    String service = fullMethodName.substring(0, Math.max(0, fullMethodName.lastIndexOf('/')));
    return get(fullMethodName)
        .over(get(service).asDefaultOf(unary, repeatable))
        .over(get(ALL).asDefaultOf(unary, repeatable));
  }

  /** Returns the policy of exactly this name; empty if there is none. */
  public MethodPolicy get(String name) {
    return byName.getOrDefault(name, MethodPolicy.empty());
  }

  /** Returns the names that have a policy, in order. */
  public Iterable<String> names() {
    return byName.keySet();
  }

  private static String check(String name) {
    return Arguments.text("policy name", name, "\"shop.v1.Inventory/Reserve\"");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MethodPolicies set && set.byName.equals(byName);
  }

  @Override
  public int hashCode() {
    return byName.hashCode();
  }

  @Override
  public String toString() {
    return byName.toString();
  }
}
