package io.fairlead.client.internal;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.math.IntMath;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.fairlead.policy.CachePolicy;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The responses of a method that are kept in memory, by the keys of their calls. They answer equal
 * calls while they are fresh, and stand in for failures until they are too old for that too.
 *
 * <p>It belongs to a method, and survives a change of live policies that leaves its settings as
 * they are. Guava's cache has the locks.
 */
final class ResponseCache {
  /** What an entry takes beside its bytes; a round figure. */
  private static final int OVERHEAD = 200;

  private final CachePolicy policy;
  private final long ttlNanos;
  private final long staleNanos;
  private final LongSupplier nanoTime;
  private final Cache<ByteString, Entry> byKey;

  /**
   * A response and its times.
   *
   * @param madeNanos when a server gave it, by this process's clock
   * @param freshNanos how long from then it answers calls
   */
  record Entry(MessageLite response, long madeNanos, long freshNanos) {}

  ResponseCache(CachePolicy policy, LongSupplier nanoTime) {
    this.policy = policy;
    this.ttlNanos = policy.ttl().orElse(Duration.ZERO).toNanos();
    this.staleNanos = policy.staleIfError().orElse(Duration.ZERO).toNanos();
    this.nanoTime = nanoTime;
    // An entry weighs its share of the bytes at least, so that one bound is both of them.
    int share = IntMath.divide(policy.maxBytes(), policy.maxEntries(), RoundingMode.CEILING);
    this.byKey =
        CacheBuilder.newBuilder()
            .concurrencyLevel(1) // one order of use for all, so that the bound is exact
            .<ByteString, Entry>weigher(
                (key, entry) ->
                    Math.max(share, key.size() + entry.response().getSerializedSize() + OVERHEAD))
            .maximumWeight((long) share * policy.maxEntries())
            .expireAfterWrite(Duration.ofNanos(longest()).plusNanos(1)) // of that age: served
            .ticker(
                new Ticker() {
                  @Override
                  public long read() {
                    return nanoTime.getAsLong();
                  }
                })
            .build();
  }

  CachePolicy policy() {
    return policy;
  }

  /** Returns how long a response may be kept for anything. */
  long longest() {
    return Math.max(ttlNanos, staleNanos);
  }

  /** Returns whether calls are answered without a server at all. */
  boolean answers() {
    return ttlNanos > 0;
  }

  /** Returns the response to an equal call that is fresh, or null. */
  @Nullable Entry fresh(ByteString key) {
    Entry kept = byKey.getIfPresent(key);
    return kept != null && isFresh(kept) ? kept : null;
  }

  boolean isFresh(Entry entry) {
    return entry.freshNanos() > 0 && age(entry) <= entry.freshNanos();
  }

  /** Returns the response to an equal call that may stand in for a failure, or null. */
  @Nullable Entry stale(ByteString key) {
    Entry kept = byKey.getIfPresent(key);
    return kept != null && age(kept) <= staleNanos ? kept : null;
  }

  long age(Entry entry) {
    return nanoTime.getAsLong() - entry.madeNanos();
  }

  /**
   * Keeps a response, and returns it with its times.
   *
   * @param ageNanos its age; above 0 for one that another process has shared
   * @param freshNanos how long after it was made it may answer calls, as its server allows
   */
  Entry put(ByteString key, MessageLite response, long ageNanos, long freshNanos) {
    Entry entry =
        new Entry(response, nanoTime.getAsLong() - ageNanos, Math.min(freshNanos, ttlNanos));
    byKey.put(key, entry);
    return entry;
  }

  /** Forgets the response to equal calls. */
  void remove(ByteString key) {
    byKey.invalidate(key);
  }

  @Override
  public String toString() {
    return policy.toString();
  }
}
