package io.fairlead.balance.internal;

import io.fairlead.balance.OutlierDetectionPolicy;

/**
 * Whether an endpoint is ejected, and for how long.
 *
 * <p>The length follows the rules of gRFC A50: each ejection is longer by the base time, up to a
 * maximum, and each interval without an ejection takes one step back. Part of one {@link
 * ManagedEndpoint}, and used in the synchronization context alone.
 */
final class EjectionState {
  private boolean ejected;
  private int multiplier;
  private long since;

  boolean isEjected() {
    return ejected;
  }

  void eject(long nowNanos) {
    ejected = true;
    multiplier++;
    since = nowNanos;
  }

  /** Lets it back in if its time is over; true if that happened now. */
  boolean endIfOver(OutlierDetectionPolicy policy, long nowNanos) {
    if (!ejected) {
      return false;
    }
    long base = policy.baseEjection().toNanos();
    long most = Math.max(base, policy.maxEjection().toNanos());
    long length = multiplier > most / base ? most : base * multiplier;
    if (nowNanos - since < length) {
      return false;
    }
    ejected = false;
    return true;
  }

  /** An interval passed without a reason to eject: the next ejection is shorter again. */
  void intervalPassed() {
    if (!ejected && multiplier > 0) {
      multiplier--;
    }
  }
}
