package io.fairlead.etcd.embedded;

import com.google.protobuf.ByteString;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Leases and the keys that hang on them. It knows when a lease is over but deletes nothing: see
 * {@link EtcdStateMachine}. Not safe for several threads.
 */
final class Leases {
  /** etcd's own ceiling. */
  static final long MAX_TTL_SECONDS = 9_000_000_000L;

  private static final long NANOS = 1_000_000_000L;

  /** One lease. Its end moves with each renewal. */
  static final class Lease {
    private final long id;
    private final long ttlSeconds;
    private final NavigableSet<ByteString> keys = new TreeSet<>(KeyRange.ORDER);
    private long endNanos;

    private Lease(long id, long ttlSeconds) {
      this.id = id;
      this.ttlSeconds = ttlSeconds;
    }

    long id() {
      return id;
    }

    long ttlSeconds() {
      return ttlSeconds;
    }

    long endNanos() {
      return endNanos;
    }

    List<ByteString> keys() {
      return List.copyOf(keys);
    }
  }

  private final LongSupplier nanoTime;
  private final long minTtlSeconds;
  private final SplittableRandom ids = new SplittableRandom();
  private final Map<Long, Lease> byId = new HashMap<>();
  private final NavigableSet<Lease> byEnd =
      new TreeSet<>(
          // By difference, because nanoTime may wrap around.
          ((Comparator<Lease>) (a, b) -> Long.signum(a.endNanos - b.endNanos))
              .thenComparingLong(lease -> lease.id));

  Leases(LongSupplier nanoTime, long minTtlSeconds) {
    this.nanoTime = nanoTime;
    this.minTtlSeconds = minTtlSeconds;
  }

  /** Grants; an id of 0 lets the server choose one. */
  Lease grant(long id, long ttlSeconds) {
    if (ttlSeconds > MAX_TTL_SECONDS) {
      throw EtcdErrors.LEASE_TTL_TOO_LARGE.asRuntimeException();
    }
    if (byId.containsKey(id)) {
      throw EtcdErrors.LEASE_EXISTS.asRuntimeException();
    }
    Lease lease = new Lease(id == 0 ? freeId() : id, Math.max(ttlSeconds, minTtlSeconds));
    byId.put(lease.id, lease);
    extend(lease);
    return lease;
  }

  @Nullable Lease find(long id) {
    return byId.get(id);
  }

  Lease get(long id) {
    Lease lease = byId.get(id);
    if (lease == null) {
      throw EtcdErrors.LEASE_NOT_FOUND.asRuntimeException();
    }
    return lease;
  }

  /** Gives the lease its whole time again. */
  void extend(Lease lease) {
    byEnd.remove(lease);
    lease.endNanos = nanoTime.getAsLong() + lease.ttlSeconds * NANOS;
    byEnd.add(lease);
  }

  void extendAll() {
    byId.values().forEach(this::extend);
  }

  long remainingSeconds(Lease lease) {
    return (lease.endNanos - nanoTime.getAsLong()) / NANOS;
  }

  void remove(Lease lease) {
    byId.remove(lease.id);
    byEnd.remove(lease);
  }

  /** Returns the lease that ends first, or null if there is none. */
  @Nullable Lease first() {
    return byEnd.isEmpty() ? null : byEnd.first();
  }

  /** Returns the first lease whose time is over, or null. */
  @Nullable Lease firstOver() {
    Lease first = first();
    return first != null && first.endNanos - nanoTime.getAsLong() <= 0 ? first : null;
  }

  /** In the order in which they will end, as etcd lists them. */
  List<Long> ids() {
    return byEnd.stream().map(Lease::id).toList();
  }

  /** The key hangs on {@code to} from now on; 0 is no lease. */
  void move(ByteString key, long from, long to) {
    if (from != to && from != 0) {
      Lease old = byId.get(from);
      if (old != null) {
        old.keys.remove(key);
      }
    }
    if (to != 0) {
      get(to).keys.add(key);
    }
  }

  private long freeId() {
    long id = ids.nextLong(1, Long.MAX_VALUE);
    while (byId.containsKey(id)) {
      id = ids.nextLong(1, Long.MAX_VALUE);
    }
    return id;
  }
}
