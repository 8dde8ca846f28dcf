package io.fairlead.client;

import io.fairlead.policy.StaleIfErrorPolicy;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The last good answer to each request, bounded by age and count. Safe for use by many threads. */
final class LastGoodAnswers {
  private final StaleIfErrorPolicy policy;
  private final LongSupplier nanoTime;

  // In order of use, the longest unused first.
  private final Map<Object, Kept> byRequest = new LinkedHashMap<>(16, 0.75f, true);

  LastGoodAnswers(StaleIfErrorPolicy policy, LongSupplier nanoTime) {
    this.policy = policy;
    this.nanoTime = nanoTime;
  }

  private record Kept(Object answer, long atNanos) {}

  StaleIfErrorPolicy policy() {
    return policy;
  }

  synchronized void put(Object request, Object answer) {
    byRequest.put(request, new Kept(answer, nanoTime.getAsLong()));
    if (byRequest.size() > policy.maxEntries()) {
      Iterator<Object> oldest = byRequest.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  synchronized @Nullable Object get(Object request) {
    Kept kept = byRequest.get(request);
    if (kept == null) {
      return null;
    }
    if (nanoTime.getAsLong() - kept.atNanos > policy.maxAge().toNanos()) {
      byRequest.remove(request);
      return null;
    }
    return kept.answer;
  }
}
