package io.fairlead.balance.internal;

import io.fairlead.balance.OutlierDetectionPolicy;
import io.fairlead.internal.Durations;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether an endpoint is ejected, and for how long.
 *
 * <p>The length follows the rules of gRFC A50: each ejection is longer by the base time, up to a
 * maximum, and each interval without an ejection takes one step back. Part of one {@link
 * ManagedEndpoint}, and used in the synchronization context alone.
 */
final class EjectionState {
  private volatile boolean ejected;
  private volatile long until;
  private int multiplier;
  private final AtomicLong count = new AtomicLong();

  /** Found in this interval, and not ejected, as enough others are. */
  private boolean spared;

  boolean isEjected() {
    return ejected;
  }

  void eject(OutlierDetectionPolicy policy, long nowNanos) {
    multiplier++;
    count.incrementAndGet();
    long base = policy.baseEjection().toNanos();
    long most = Math.max(base, policy.maxEjection().toNanos());
    until = nowNanos + (multiplier > most / base ? most : base * multiplier);
    ejected = true;
  }

  /** How often it was ejected. */
  long count() {
    return count.get();
  }

  /** Notes that it was found and may not be ejected; true for the first time in an interval. */
  boolean spare() {
    boolean first = !spared;
    spared = true;
    return first;
  }

  /** Lets it back in if its time is over; true if that happened now. */
  boolean endIfOver(long nowNanos) {
    if (!ejected || nowNanos - until < 0) {
      return false;
    }
    ejected = false;
    return true;
  }

  /** An interval passed without a reason to eject: the next ejection is shorter again. */
  void intervalPassed() {
    spared = false;
    if (!ejected && multiplier > 0) {
      multiplier--;
    }
  }

  /** Says when it is back, for people. */
  String describe(long nowNanos) {
    return "ejected, back in " + Durations.rough(Math.max(0, until - nowNanos));
  }
}
