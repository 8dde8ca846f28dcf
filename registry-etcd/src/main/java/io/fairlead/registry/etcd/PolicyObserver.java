package io.fairlead.registry.etcd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One that takes live policies, such as a channel or a server, and what it has taken and refused. A
 * set that it refuses holds no other one back. Used under the lock of the source.
 *
 * @param <T> what it takes of all sets together
 */
final class PolicyObserver<T> {
  private static final Logger LOG = System.getLogger(PolicyObserver.class.getName());

  private final Consumer<? super T> observer;
  private final Function<Collection<PolicyUnit>, T> join;

  /** By key: what is in force. */
  private Map<String, PolicyUnit> taken = Map.of();

  /** By key: why the newest is not. */
  private final Map<String, String> refused = new HashMap<>();

  private @Nullable T delivered;
  private @Nullable Map<String, PolicyUnit> offered;

  /**
   * @param join makes of several sets what the observer takes
   */
  PolicyObserver(Consumer<? super T> observer, Function<Collection<PolicyUnit>, T> join) {
    this.observer = observer;
    this.join = join;
  }

  /** Hands over what is to be in force. */
  void offer(Map<String, PolicyUnit> wanted) {
    if (wanted.equals(offered)) {
      return;
    }
    offered = wanted;
    String why = deliver(wanted);
    if (why == null) {
      taken = wanted;
      refused.clear();
      return;
    }
    if (delivered == null) {
      // Whoever has refused its first set has none. A mistake in etcd must not stop a start.
      T nothing = join.apply(List.of());
      delivered = nothing;
      observer.accept(nothing);
    }
    List<String> changed = changed(wanted);
    refused.clear();
    if (changed.size() == 1) {
      refused.put(changed.get(0), why);
    } else {
      changed.forEach(key -> one(key, wanted.get(key)));
    }
  }

  private List<String> changed(Map<String, PolicyUnit> wanted) {
    Set<String> keys = new TreeSet<>(taken.keySet());
    keys.addAll(wanted.keySet());
    return keys.stream().filter(key -> !Objects.equals(wanted.get(key), taken.get(key))).toList();
  }

  /** Offers what is new of one key, so that what cannot be honoured is found. */
  private void one(String key, @Nullable PolicyUnit unit) {
    Map<String, PolicyUnit> next = new HashMap<>(taken);
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

  /** Returns why it is refused, or null. */
  private @Nullable String deliver(Map<String, PolicyUnit> units) {
    T joined = join.apply(units.values());
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
