package io.fairlead.registry.etcd;

import io.fairlead.policy.MethodPolicies;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One that takes live policies, such as a channel, and what it has taken and refused. A set that it
 * refuses holds no other one back. Used under the lock of the source.
 */
final class PolicyObserver {
  private static final Logger LOG = System.getLogger(PolicyObserver.class.getName());

  private final Consumer<? super MethodPolicies> observer;
  private final PolicyProcess process;

  /** By key: what is in force. */
  private Map<String, PolicyUnit> taken = Map.of();

  /** By key: why the newest is not. */
  private final Map<String, String> refused = new HashMap<>();

  private @Nullable MethodPolicies delivered;
  private @Nullable Map<String, PolicyUnit> offered;

  PolicyObserver(Consumer<? super MethodPolicies> observer, PolicyProcess process) {
    this.observer = observer;
    this.process = process;
  }

  /** Hands over what is to be in force. */
  void offer(Map<String, PolicyUnit> wanted) {
    if (wanted.equals(offered)) {
      return;
    }
    offered = wanted;
    if (deliver(wanted) == null) {
      taken = wanted;
      refused.clear();
      return;
    }
    if (delivered == null) {
      // Whoever has refused its first set has none. A mistake in etcd must not stop a start.
      delivered = MethodPolicies.empty();
      observer.accept(delivered);
    }
    one(wanted);
  }

  /** Key by key, so that what cannot be honoured is found, and all else is taken. */
  private void one(Map<String, PolicyUnit> wanted) {
    refused.clear();
    List<String> keys = new ArrayList<>(new TreeSet<>(taken.keySet()));
    wanted.keySet().stream().filter(key -> !taken.containsKey(key)).sorted().forEach(keys::add);
    for (String key : keys) {
      PolicyUnit unit = wanted.get(key);
      if (unit != null && unit.equals(taken.get(key))) {
        continue;
      }
      Map<String, PolicyUnit> next = new LinkedHashMap<>(taken);
      if (unit == null) {
        next.remove(key);
      } else {
        next.put(key, unit);
      }
      String why = deliver(next);
      if (why == null) {
        taken = next;
      } else {
        refused.put(key, why);
      }
    }
  }

  /** Returns why it is refused, or null. */
  private @Nullable String deliver(Map<String, PolicyUnit> units) {
    MethodPolicies joined = PolicyUnit.join(units.values(), process);
    if (Objects.equals(joined, delivered)) {
      return null;
    }
    try {
      observer.accept(joined);
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      // A fault of the observer must not keep the set from the others.
      LOG.log(Level.ERROR, "an observer of live policies failed", e);
      return e.toString();
    }
    delivered = joined;
    return null;
  }

  Map<String, PolicyUnit> taken() {
    return taken;
  }

  Map<String, String> refused() {
    return refused;
  }
}
