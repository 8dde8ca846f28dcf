package io.fairlead.scaling;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Resolution;
import java.util.Map;

/**
 * The calls that wait in all clients, as their {@link WaitingReporter}s say.
 *
 * @param calls that wait now
 * @param perSecond how many began to wait, each second
 */
record WaitingCalls(int calls, double perSecond) {

  /** Adds up what a registry has. */
  static WaitingCalls of(Resolution reports) {
    double calls = 0;
    double perSecond = 0;
    if (reports instanceof Resolution.Bound bound) {
      for (Endpoint client : bound.snapshot().endpoints()) {
        Map<String, String> figures = client.tags();
        // Some layouts of keys have no tags: that there is a report says that a call waits.
        calls += number(figures.getOrDefault(WaitingReporter.CALLS, "1"));
        perSecond += number(figures.getOrDefault(WaitingReporter.PER_SECOND, "0"));
      }
    }
    return new WaitingCalls((int) calls, perSecond);
  }

  /** Whoever can write to the registry can write anything. */
  private static double number(String text) {
    try {
      double value = Double.parseDouble(text);
      return value >= 0 && value <= 1e6 ? value : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Returns why it is not known how many calls wait; empty if it is. */
  static String whyUnknown(Resolution reports, String service) {
    if (reports instanceof Resolution.Pending) {
      return "the registry has not answered yet whose calls of " + service + " wait";
    }
    if (reports instanceof Resolution.Failed failed) {
      return "the registry cannot say whose calls of " + service + " wait: " + failed.reason();
    }
    // Those that were preserved are what clients said last, and do no harm for a while.
    return reports instanceof Resolution.Bound bound
            && (bound.freshness() == Resolution.Freshness.STALE
                || bound.freshness() == Resolution.Freshness.RESTORED)
        ? "the registry's list of clients whose calls of "
            + service
            + " wait is "
            + bound.freshness()
        : "";
  }
}
