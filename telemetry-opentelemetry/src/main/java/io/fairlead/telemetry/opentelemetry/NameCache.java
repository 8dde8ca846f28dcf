package io.fairlead.telemetry.opentelemetry;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Keeps what is made of names that come with every call: targets, endpoints, methods. There are few
 * of them; but names that others make up must not fill the memory.
 */
final class NameCache<V> {
  private static final int MAX_KEPT = 1_000;

  private final ConcurrentMap<String, V> kept = new ConcurrentHashMap<>();
  private final Function<String, V> maker;

  NameCache(Function<String, V> maker) {
    this.maker = maker;
  }

  V of(String name) {
    V known = kept.get(name);
    return known != null ? known : add(name);
  }

  private V add(String name) {
    V made = maker.apply(name);
    if (kept.size() < MAX_KEPT) {
      kept.put(name, made);
    }
    return made;
  }
}
