package io.fairlead.server;

import io.fairlead.internal.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The readiness checks of a server.
 *
 * @param interval how often each is asked, and how long it may take to answer
 */
public record ReadinessPlan(List<ReadinessRule> rules, Duration interval) {
  /** Nothing is checked; a check that is added is asked every five seconds. */
  public static final ReadinessPlan NONE = new ReadinessPlan(List.of(), Duration.ofSeconds(5));

  public ReadinessPlan {
    rules = List.copyOf(rules);
    Objects.requireNonNull(interval, "interval");
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException(
          "the interval of the readiness checks is "
              + Durations.format(interval)
              + "; use a positive duration");
    }
  }

  /** The same with one more check. */
  public ReadinessPlan with(ReadinessRule rule) {
    List<ReadinessRule> more = new ArrayList<>(rules);
    for (ReadinessRule other : rules) {
      if (other.name().equals(rule.name())) {
        throw new IllegalArgumentException(
            "two readiness checks have the name \"" + rule.name() + "\"; give each its own");
      }
    }
    more.add(rule);
    return new ReadinessPlan(more, interval);
  }

  /** The same, asked this often. */
  public ReadinessPlan withInterval(Duration value) {
    return new ReadinessPlan(rules, value);
  }
}
