package io.fairlead.security.policy;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A token bucket for each key, as one number: the time at which the bucket will be full again. A
 * key that is not known any more begins anew with a full bucket. Any thread; a bucket is changed by
 * compare-and-set.
 */
final class TokenBuckets {
  private final long intervalNanos;
  private final long burstNanos;
  private final LongSupplier ticker;
  private final KeyTable<AtomicLong> buckets;

  TokenBuckets(double perSecond, int burst, int maxKeys, LongSupplier ticker) {
    this.intervalNanos = Math.max(1, (long) (1e9 / perSecond));
    this.burstNanos = intervalNanos * burst;
    this.ticker = ticker;
    this.buckets = new KeyTable<>(maxKeys, () -> new AtomicLong(ticker.getAsLong()));
  }

  /** Takes a token of this key; returns 0, or the time until there is one. */
  long take(String key) {
    AtomicLong fullAt = buckets.get(key);
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

  int keys() {
    return buckets.size();
  }
}
