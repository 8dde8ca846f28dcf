package io.fairlead.policy;

import io.fairlead.internal.Arguments;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Policies by what they are for: a full method name ({@code "shop.v1.Inventory/Reserve"}), a
 * service's name for all of its methods, or {@code "*"} for every method. Immutable.
 *
 * <p>A set may be laid {@link #over} a weaker one. Within one layer a method's own policy wins over
 * its service's; a stronger layer wins over a weaker one, whatever their names are.
 */
public final class MethodPolicies {
  /** The name that stands for every method. */
  public static final String ALL = "*";

  private static final MethodPolicies EMPTY = new MethodPolicies(List.of(new Layer(Map.of(), "")));

  /** The strongest first; never empty. */
  private final List<Layer> layers;

  private MethodPolicies(List<Layer> layers) {
    this.layers = layers;
  }

  /** Policies that one source states; the source is empty if it has no name of its own. */
  private record Layer(Map<String, MethodPolicy> byName, String source) {
    MethodPolicy get(String name) {
      return byName.getOrDefault(name, MethodPolicy.empty());
    }

    MethodPolicy of(String fullMethodName, boolean unary, boolean repeatable) {
      if (byName.isEmpty()) {
        return MethodPolicy.empty();
      }
      String service = fullMethodName.substring(0, Math.max(0, fullMethodName.lastIndexOf('/')));
      return get(fullMethodName)
          .over(get(service).asDefaultOf(unary, repeatable))
          .over(get(ALL).asDefaultOf(unary, repeatable));
    }
  }

  /** States nothing. */
  public static MethodPolicies empty() {
    return EMPTY;
  }

  /** Returns a copy of these. */
  public static MethodPolicies of(Map<String, MethodPolicy> byName) {
    byName.keySet().forEach(MethodPolicies::check);
    return new MethodPolicies(List.of(new Layer(new TreeMap<>(byName), "")));
  }

  /** Returns the same with one policy of the strongest layer added or replaced. */
  public MethodPolicies with(String name, MethodPolicy policy) {
    Map<String, MethodPolicy> grown = new TreeMap<>(layers.get(0).byName());
    grown.put(check(name), policy);
    return withStrongest(new Layer(grown, layers.get(0).source()));
  }

  /** Returns the same without the policy of this name in the strongest layer. */
  public MethodPolicies without(String name) {
    Map<String, MethodPolicy> rest = new TreeMap<>(layers.get(0).byName());
    rest.remove(name);
    return withStrongest(new Layer(rest, layers.get(0).source()));
  }

  /**
   * Returns the same with a name for where the strongest layer comes from, as explanations show it
   * beside each field, such as {@code "revision 12 by ann"}.
   */
  public MethodPolicies from(String source) {
    return withStrongest(new Layer(layers.get(0).byName(), source));
  }

  /** Returns these, and the others for each field of a method that these do not state. */
  public MethodPolicies over(MethodPolicies weaker) {
    List<Layer> joined = new ArrayList<>(layers);
    joined.addAll(weaker.layers);
    joined.removeIf(layer -> layer.byName().isEmpty());
    return joined.isEmpty() ? EMPTY : new MethodPolicies(List.copyOf(joined));
  }

  private MethodPolicies withStrongest(Layer strongest) {
    List<Layer> changed = new ArrayList<>(layers);
    changed.set(0, strongest);
    return new MethodPolicies(List.copyOf(changed));
  }

  /**
   * Returns the policy of a method: its own, then its service's, then that of all services.
   *
   * @param unary whether the method has one request and one response
   * @param repeatable whether it may be executed twice
   */
  public MethodPolicy of(String fullMethodName, boolean unary, boolean repeatable) {
    MethodPolicy joined = MethodPolicy.empty();
    for (Layer layer : layers) {
      joined = joined.over(layer.of(fullMethodName, unary, repeatable));
    }
    return joined;
  }

  /** Returns the same with one statement for each layer, the strongest first. */
  public List<ResolvedPolicy.Statement> statements(
      ResolvedPolicy.Origin origin, String fullMethodName, boolean unary, boolean repeatable) {
    List<ResolvedPolicy.Statement> statements = new ArrayList<>(layers.size());
    for (Layer layer : layers) {
      statements.add(
          new ResolvedPolicy.Statement(
              origin, layer.of(fullMethodName, unary, repeatable), layer.source()));
    }
    return statements;
  }

  /** Returns the policy of exactly this name; empty if there is none. */
  public MethodPolicy get(String name) {
    MethodPolicy joined = MethodPolicy.empty();
    for (Layer layer : layers) {
      joined = joined.over(layer.get(name));
    }
    return joined;
  }

  /** Returns the names that have a policy, in order. */
  public Iterable<String> names() {
    Collection<String> names = new TreeSet<>();
    layers.forEach(layer -> names.addAll(layer.byName().keySet()));
    return names;
  }

  private static String check(String name) {
    return Arguments.text("policy name", name, "\"shop.v1.Inventory/Reserve\"");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MethodPolicies set && set.layers.equals(layers);
  }

  @Override
  public int hashCode() {
    return layers.hashCode();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Layer layer : layers) {
      text.append(text.isEmpty() ? "" : " over ").append(layer.byName());
      text.append(layer.source().isEmpty() ? "" : " of " + layer.source());
    }
    return text.toString();
  }
}
