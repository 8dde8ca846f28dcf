package io.fairlead.registry.etcd;

import java.util.concurrent.TimeUnit;

/**
 * A lease as granted or renewed. We count from when we asked, so ours never outlives etcd's.
 *
 * @param askedAtNanos the loop's time at which it was asked for
 */
record GrantedLease(long id, long ttlSeconds, long askedAtNanos) {
  GrantedLease renewed(long newTtlSeconds, long renewalAskedAtNanos) {
    return new GrantedLease(id, newTtlSeconds, renewalAskedAtNanos);
  }

  long ttlNanos() {
    return TimeUnit.SECONDS.toNanos(ttlSeconds);
  }

  long remainingNanos(long nowNanos) {
    return ttlNanos() - (nowNanos - askedAtNanos);
  }

  @Override
  public String toString() {
    return Long.toHexString(id);
  }
}
