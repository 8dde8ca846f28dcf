package io.fairlead.security.policy;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A token bucket for each key, as one number: the time at which the bucket will be full again.
 *
 * <p>Memory is bounded by two generations of keys. When the young one has half of the limit, it
 * becomes the old one, and the keys that were in the old one and were not used since begin anew
 * with a full bucket. Any thread; a bucket is changed by compare-and-set, and the lock is for the
 * change of generations alone.
 */
final class TokenBuckets {
  private final long intervalNanos;
  private final long burstNanos;
  private final int half;
  private final LongSupplier ticker;

  private final Object lock = new Object();
  private volatile ConcurrentHashMap<String, AtomicLong> young = new ConcurrentHashMap<>();
  private volatile ConcurrentHashMap<String, AtomicLong> old = new ConcurrentHashMap<>();

  TokenBuckets(double perSecond, int burst, int maxKeys, LongSupplier ticker) {
    this.intervalNanos = Math.max(1, (long) (1e9 / perSecond));
    this.burstNanos = intervalNanos * burst;
    this.half = Math.max(1, maxKeys / 2);
    this.ticker = ticker;
  }

  /** Takes a token of this key; returns 0, or the time until there is one. */
  long take(String key) {
    AtomicLong fullAt = bucket(key);
    long now = ticker.getAsLong();
    while (true) {
      long known = fullAt.get();
      long next = (known - now > 0 ? known : now) + intervalNanos;
      if (next - now > burstNanos) {
        return next - now - burstNanos;
      }
      if (fullAt.compareAndSet(known, next)) {
        return 0;
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // whether another thread has changed the generations
  private AtomicLong bucket(String key) {
    ConcurrentHashMap<String, AtomicLong> target = young;
    AtomicLong known = target.get(key);
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
    AtomicLong before = old.get(key);
    AtomicLong fresh = before != null ? before : new AtomicLong(ticker.getAsLong());
    AtomicLong raced = target.putIfAbsent(key, fresh);
    return raced != null ? raced : fresh;
  }

  int keys() {
    return young.size() + old.size();
  }
}
