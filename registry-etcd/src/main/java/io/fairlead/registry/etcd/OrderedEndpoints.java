package io.fairlead.registry.etcd;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints in the order of their ids, in one array: to copy all of them is to copy references. Two
 * may have one address, for a while: a process that was started again under another id.
 */
final class OrderedEndpoints {
  private final List<Endpoint> all = new ArrayList<>();

  /** How many have it as their first one. */
  private final Map<Address, Integer> addresses = new HashMap<>();

  /** Replaces the one with its id, which is returned if there is one. */
  @Nullable Endpoint put(Endpoint endpoint) {
    int at = find(endpoint.id());
    addresses.merge(first(endpoint), 1, Integer::sum);
    if (at >= 0) {
      return forgotten(all.set(at, endpoint));
    }
    all.add(-at - 1, endpoint);
    return null;
  }

  @Nullable Endpoint remove(String id) {
    int at = find(id);
    return at < 0 ? null : forgotten(all.remove(at));
  }

  private Endpoint forgotten(Endpoint endpoint) {
    addresses.computeIfPresent(first(endpoint), (address, count) -> count == 1 ? null : count - 1);
    return endpoint;
  }

  boolean has(String id) {
    return find(id) >= 0;
  }

  /** Returns whether one of them, whatever its id, is where this one is. */
  boolean containsAddress(Endpoint endpoint) {
    return addresses.containsKey(first(endpoint));
  }

  private static Address first(Endpoint endpoint) {
    return endpoint.addresses().get(0);
  }

  int size() {
    return all.size();
  }

  List<Endpoint> copy() {
    return List.copyOf(all);
  }

  /** Where the id is, or (-(where it belongs) - 1). */
  private int find(String id) {
    int low = 0;
    int high = all.size() - 1;
    // Whoever adds in order belongs behind the last one.
    if (high >= 0 && all.get(high).id().compareTo(id) < 0) {
      return -all.size() - 1;
    }
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = all.get(middle).id().compareTo(id);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }
}
