package io.fairlead.client.internal;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import io.fairlead.policy.StaleIfErrorPolicy;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last successful response to each request, bounded by age and count; the entry that was not
 * used for longest goes first. It belongs to a method, and survives a change of live policies that
 * leaves its settings as they are.
 */
final class StaleIfErrorCache {
  private final StaleIfErrorPolicy policy;
  private final Cache<Object, Object> byRequest;

  StaleIfErrorCache(StaleIfErrorPolicy policy, LongSupplier nanoTime) {
    this.policy = policy;
    this.byRequest =
        CacheBuilder.newBuilder()
            .concurrencyLevel(1) // one order of use for all, so that the bound is exact
            .maximumSize(policy.maxEntries())
            .expireAfterWrite(policy.maxAge().plusNanos(1)) // one of that very age is served
            .ticker(
                new Ticker() {
                  @Override
                  public long read() {
                    return nanoTime.getAsLong();
                  }
                })
            .build();
  }

  StaleIfErrorPolicy policy() {
    return policy;
  }

  void put(Object request, Object response) {
    byRequest.put(request, response);
  }

  @Nullable Object get(Object request) {
    return byRequest.getIfPresent(request);
  }
}
