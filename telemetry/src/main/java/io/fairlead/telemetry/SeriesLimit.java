package io.fairlead.telemetry;

import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** How many series there may be, so that names that others choose cannot fill the memory. */
final class SeriesLimit {
  private static final System.Logger LOG = System.getLogger(Telemetry.class.getName());

  private final int max;
  private final AtomicInteger used = new AtomicInteger();
  private final LongAdder refused = new LongAdder();
  private final AtomicBoolean warned = new AtomicBoolean();

  SeriesLimit(int max) {
    this.max = max;
  }

  /** Takes room for some more series, if there is any. */
  boolean reserve(int series) {
    if (used.addAndGet(series) <= max) {
      return true;
    }
    release(series);
    return false;
  }

  /** Gives room back that was not needed. */
  void release(int series) {
    used.addAndGet(-series);
  }

  /** A value is counted as "other" for want of room. */
  void refused(String what) {
    refused.increment();
    if (warned.compareAndSet(false, true)) {
      LOG.log(
          Level.WARNING,
          "telemetry has reached its limit of "
              + max
              + " series; "
              + what
              + " and whatever comes new is counted as 'other'. Raise maxSeries(...), or leave"
              + " methods out with methods(...)");
    }
  }

  int used() {
    return used.get();
  }

  int max() {
    return max;
  }

  long refusals() {
    return refused.sum();
  }
}
