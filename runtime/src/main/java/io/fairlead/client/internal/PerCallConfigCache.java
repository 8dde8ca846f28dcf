package io.fairlead.client.internal;

import io.fairlead.policy.MethodPolicy;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The configs of a method for calls that bring a policy of their own.
 *
 * <p>Callers keep their settings, so the same policies come again, and the very last one is found
 * by identity. A program that makes up a new policy for each call pays for a config each time. The
 * bound keeps such a program from filling the memory: a full cache is cleared, which is simpler
 * than an order of use and as good, since it is not expected to be full.
 */
final class PerCallConfigCache {
  static final int MAX_ENTRIES = 64;

  private record CachedConfig(MethodPolicy policy, MethodConfig config) {}

  private final Function<MethodPolicy, MethodConfig> factory;
  private final ConcurrentHashMap<MethodPolicy, MethodConfig> configs = new ConcurrentHashMap<>();
  private volatile @Nullable CachedConfig last;

  PerCallConfigCache(Function<MethodPolicy, MethodConfig> maker) {
    this.factory = maker;
  }

  @SuppressWarnings("ReferenceEquality") // a short cut; equal policies are found below
  MethodConfig of(MethodPolicy policy) {
    CachedConfig seen = last;
    if (seen != null && seen.policy == policy) {
      return seen.config; // the very same object, so nothing has to be compared
    }
    MethodConfig config = configs.get(policy);
    if (config == null) {
      config = factory.apply(policy);
      if (configs.size() >= MAX_ENTRIES) {
        configs.clear();
      }
      MethodConfig raced = configs.putIfAbsent(policy, config);
      config = raced == null ? config : raced;
    }
    last = new CachedConfig(policy, config);
    return config;
  }

  /** For tests. */
  int size() {
    return configs.size();
  }
}
