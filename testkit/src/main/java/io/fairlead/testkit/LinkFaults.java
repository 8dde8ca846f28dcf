package io.fairlead.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/** What is wrong with one direction, for all connections; the pumps ask before each piece. */
final class LinkFaults {
  private static final long NEVER = Long.MAX_VALUE;

  @GuardedBy("this")
  private boolean onHold;

  @GuardedBy("this")
  private long delayNanos;

  @GuardedBy("this")
  private long bytesToCut = NEVER;

  @GuardedBy("this")
  private long carried;

  synchronized void hold() {
    onHold = true;
  }

  synchronized void delay(long nanos) {
    delayNanos = nanos;
    notifyAll();
  }

  synchronized void cutAfter(long bytes) {
    bytesToCut = bytes;
  }

  synchronized void heal() {
    onHold = false;
    delayNanos = 0;
    bytesToCut = NEVER;
    notifyAll();
  }

  synchronized long carried() {
    return carried;
  }

  /** Waits until what arrived at this moment may go on. */
  synchronized void awaitDelivery(long arrivedNanos) throws InterruptedException {
    while (true) {
      long waitNanos = arrivedNanos + delayNanos - System.nanoTime();
      if (onHold) {
        wait();
      } else if (waitNanos > 0 && delayNanos > 0) {
        wait(waitNanos / 1_000_000, (int) (waitNanos % 1_000_000));
      } else {
        return;
      }
    }
  }

  /**
   * Returns how many of these bytes may be carried; fewer means that the connection is cut after
   * them.
   */
  synchronized Allowance take(int bytes) {
    int allowed = (int) Math.min(bytes, bytesToCut);
    carried += allowed;
    boolean cut = false;
    if (bytesToCut != NEVER) {
      bytesToCut -= allowed;
      cut = bytesToCut == 0;
      if (cut) {
        bytesToCut = NEVER;
      }
    }
    return new Allowance(allowed, cut);
  }

  record Allowance(int bytes, boolean thenCut) {}
}
