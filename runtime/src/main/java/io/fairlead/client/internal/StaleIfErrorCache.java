package io.fairlead.client.internal;

import io.fairlead.policy.StaleIfErrorPolicy;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last successful response to each request, bounded by age and count.
 *
 * <p>The map keeps its order of use, so the entry that was not used for longest goes first. The
 * lock is held for a look-up only; responses are immutable messages. It belongs to a method, and
 * survives a change of live policies that leaves its settings as they are.
 */
final class StaleIfErrorCache {
  private final StaleIfErrorPolicy policy;
  private final LongSupplier nanoTime;

  // In order of use, the longest unused first.
  private final Map<Object, StoredResponse> byRequest = new LinkedHashMap<>(16, 0.75f, true);

  StaleIfErrorCache(StaleIfErrorPolicy policy, LongSupplier nanoTime) {
    this.policy = policy;
    this.nanoTime = nanoTime;
  }

  private record StoredResponse(Object response, long storedNanos) {}

  StaleIfErrorPolicy policy() {
    return policy;
  }

  synchronized void put(Object request, Object response) {
    byRequest.put(request, new StoredResponse(response, nanoTime.getAsLong()));
    if (byRequest.size() > policy.maxEntries()) {
      Iterator<Object> oldest = byRequest.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  synchronized @Nullable Object get(Object request) {
    StoredResponse storedResponse = byRequest.get(request);
    if (storedResponse == null) {
      return null;
    }
    if (nanoTime.getAsLong() - storedResponse.storedNanos > policy.maxAge().toNanos()) {
      byRequest.remove(request);
      return null;
    }
    return storedResponse.response;
  }
}
