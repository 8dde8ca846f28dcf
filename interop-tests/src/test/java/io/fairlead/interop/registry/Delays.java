package io.fairlead.interop.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.report.Cases;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How long one side took to see what the other did. Machines pause, so the middle one of several
 * counts; all stand in the report.
 */
final class Delays {
  /** How often each thing is done. */
  static final int ROUNDS = 5;

  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final List<Duration> all = new ArrayList<>();

  void since(long startNanos) {
    all.add(Duration.ofNanos(System.nanoTime() - startNanos));
  }

  void assertWithinASecond(String what) {
    Collections.sort(all);
    String text =
        all.stream()
            .map(each -> Long.toString(each.toMillis()))
            .collect(Collectors.joining(", ", "", " ms"));
    Cases.time(what, text);
    assertThat(all).as(what).hasSize(ROUNDS);
    assertThat(all.get(ROUNDS / 2)).as("the middle one of: %s: %s", what, text).isLessThan(LIMIT);
  }
}
