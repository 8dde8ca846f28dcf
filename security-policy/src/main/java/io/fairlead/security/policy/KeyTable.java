package io.fairlead.security.policy;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A value for each key, of the keys that were used last.
 *
 * <p>Memory is bounded by two generations of keys. When the young one has half of the limit, it
 * becomes the old one, and the keys that were in the old one and were not used since are forgotten.
 * Any thread; the lock is for the change of generations alone.
 */
final class KeyTable<V> {
  private final int half;
  private final Supplier<V> fresh;

  private final Object lock = new Object();
  private volatile ConcurrentHashMap<String, V> young = new ConcurrentHashMap<>();
  private volatile ConcurrentHashMap<String, V> old = new ConcurrentHashMap<>();

  /**
   * @param fresh makes the value of a key that is not known
   */
  KeyTable(int maxKeys, Supplier<V> fresh) {
    this.half = Math.max(1, maxKeys / 2);
    this.fresh = fresh;
  }

  @SuppressWarnings("ReferenceEquality") // whether another thread has changed the generations
  V get(String key) {
    ConcurrentHashMap<String, V> target = young;
    V known = target.get(key);
    if (known != null) {
      return known;
    }
    if (target.size() >= half) {
      synchronized (lock) {
        if (young == target) {
          old = target;
          young = new ConcurrentHashMap<>();
        }
        target = young;
      }
    }
    V before = old.get(key);
    V made = before != null ? before : fresh.get();
    V raced = target.putIfAbsent(key, made);
    return raced != null ? raced : made;
  }

  int size() {
    return young.size() + old.size();
  }
}
