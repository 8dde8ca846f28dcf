package io.fairlead.telemetry.micrometer;

import io.fairlead.telemetry.MetricFamily;
import io.fairlead.telemetry.Telemetry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A registry, and the series that it has by now. Whoever reads a meter renews all of them if they
 * are old; others that read meanwhile get what was there.
 */
final class BoundRegistry {
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final MeterRegistry registry;
  private final Telemetry telemetry;
  private final SeriesOptions options;
  private final ReentrantLock lock = new ReentrantLock();

  /** For the thread that has the lock. */
  private final Map<Key, Series> series = new HashMap<>();

  private volatile long renewedAt;
  private volatile boolean closed;

  BoundRegistry(MeterRegistry registry, Telemetry telemetry, SeriesOptions options) {
    this.registry = registry;
    this.telemetry = telemetry;
    this.options = options;
  }

  private record Key(String name, Map<String, String> labels) {}

  /** Renews the values if they are old. Never waits. */
  void renewIfOld() {
    // A registry may read meters from inside of a registration, so not by the thread that renews.
    if (now() - renewedAt >= FRESH_NANOS && !lock.isHeldByCurrentThread() && lock.tryLock()) {
      try {
        if (now() - renewedAt >= FRESH_NANOS) {
          renewAll();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Renews the values. */
  void renew() {
    lock.lock();
    try {
      renewAll();
    } finally {
      lock.unlock();
    }
  }

  private long now() {
    return registry.config().clock().monotonicTime();
  }

  private void renewAll() {
    if (closed) {
      return;
    }
    long now = now();
    // First, so that meters that are read while they are registered do not come here again.
    renewedAt = now;
    Set<Key> seen = new HashSet<>();
    for (MetricFamily family : telemetry.collect()) {
      if (isOfTheMachine(family.name())) {
        continue;
      }
      for (MetricFamily.Point point : family.points()) {
        Key key = new Key(family.name(), point.labels());
        seen.add(key);
        Series known = series.get(key);
        if (known == null) {
          known = new Series(this, family, point, options, now);
          series.put(key, known);
          known.registerIn(registry);
        } else {
          known.renew(point, now);
        }
      }
    }
    series
        .entrySet()
        .removeIf(
            each -> {
              boolean gone = !seen.contains(each.getKey());
              if (gone) {
                each.getValue().removeFrom(registry);
              }
              return gone;
            });
  }

  /** Micrometer has binders of its own for these, with the same names and other tags. */
  private static boolean isOfTheMachine(String name) {
    return name.startsWith("jvm.") || name.startsWith("process.");
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      series.values().forEach(each -> each.removeFrom(registry));
      series.clear();
    } finally {
      lock.unlock();
    }
  }
}
