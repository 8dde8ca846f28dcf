package io.fairlead.registry.etcd;

import io.fairlead.policy.MethodPolicies;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The calls that a rule of live policy is for: those of a method, a service or all services, and of
 * the processes that fit the conditions.
 *
 * @param name a full method name, a service, or {@code "*"}
 * @param caller the caller that makes the calls; empty for all
 * @param zone the zone of the process that makes them; empty for all
 * @param version the version of that process; empty for all
 * @param percent the share of the processes, from 1 to 100; it is always the same ones, and a
 *     greater share has those of a smaller one
 */
public record PolicyTarget(String name, String caller, String zone, String version, int percent) {
  private static final Pattern NAME =
      Pattern.compile("\\*|[A-Za-z_][A-Za-z0-9_.]*(/[A-Za-z_][A-Za-z0-9_]*)?");

  public PolicyTarget {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "policy name \""
              + name
              + "\" is not a method, a service or \"*\"; write it like"
              + " \"shop.v1.Inventory/Reserve\" or \"shop.v1.Inventory\"");
    }
    if (percent < 1 || percent > 100) {
      throw new IllegalArgumentException("percent is " + percent + "; use 1 to 100");
    }
  }

  /** The calls of all processes. */
  public static PolicyTarget of(String name) {
    return new PolicyTarget(name, "", "", "", 100);
  }

  /** Returns the same, of one caller. */
  public PolicyTarget caller(String value) {
    return new PolicyTarget(name, value, zone, version, percent);
  }

  /** Returns the same, of the processes in one zone. */
  public PolicyTarget zone(String value) {
    return new PolicyTarget(name, caller, value, version, percent);
  }

  /** Returns the same, of the processes with one version. */
  public PolicyTarget version(String value) {
    return new PolicyTarget(name, caller, zone, value, percent);
  }

  /** Returns the same, of a share of the processes. */
  public PolicyTarget percent(int value) {
    return new PolicyTarget(name, caller, zone, version, value);
  }

  /** Returns the service whose set the rule is in, or {@code "*"}. */
  public String service() {
    int slash = name.indexOf('/');
    return slash < 0 ? name : name.substring(0, slash);
  }

  /** Returns how narrow the name is: 2 for a method, 1 for a service, 0 for all. */
  int depth() {
    return name.equals(MethodPolicies.ALL) ? 0 : name.indexOf('/') < 0 ? 1 : 2;
  }

  /** Returns how many conditions a process must fit. */
  int conditions() {
    return (caller.isEmpty() ? 0 : 1)
        + (zone.isEmpty() ? 0 : 1)
        + (version.isEmpty() ? 0 : 1)
        + (percent == 100 ? 0 : 1);
  }

  /** Returns the name with its conditions, as messages show it. */
  @Override
  public String toString() {
    List<String> conditions = new ArrayList<>();
    if (!caller.isEmpty()) {
      conditions.add("caller " + caller);
    }
    if (!zone.isEmpty()) {
      conditions.add("zone " + zone);
    }
    if (!version.isEmpty()) {
      conditions.add("version " + version);
    }
    if (percent < 100) {
      conditions.add(percent + "%");
    }
    return conditions.isEmpty() ? name : name + " (" + String.join(", ", conditions) + ")";
  }
}
