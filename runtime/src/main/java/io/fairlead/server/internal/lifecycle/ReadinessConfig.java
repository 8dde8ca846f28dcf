package io.fairlead.server.internal.lifecycle;

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
public record ReadinessConfig(List<ReadinessCheckConfig> checks, Duration interval) {
  /** Nothing is checked; a check that is added is asked every five seconds. */
  public static final ReadinessConfig NONE = new ReadinessConfig(List.of(), Duration.ofSeconds(5));

  public ReadinessConfig {
    checks = List.copyOf(checks);
    Objects.requireNonNull(interval, "interval");
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException(
          "the interval of the readiness checks is "
              + Durations.format(interval)
              + "; use a positive duration");
    }
  }

  /** Returns the same with one more check. */
  public ReadinessConfig with(ReadinessCheckConfig check) {
    List<ReadinessCheckConfig> more = new ArrayList<>(checks);
    for (ReadinessCheckConfig other : checks) {
      if (other.name().equals(check.name())) {
        throw new IllegalArgumentException(
            "two readiness checks have the name \"" + check.name() + "\"; give each its own");
      }
    }
    more.add(check);
    return new ReadinessConfig(more, interval);
  }

  /** Returns the same, asked this often. */
  public ReadinessConfig withInterval(Duration value) {
    return new ReadinessConfig(checks, value);
  }
}
