package io.fairlead.bench.soak;

import java.time.Duration;

/**
 * How long and how hard.
 *
 * @param callers threads that call, one call after another
 * @param restartEvery pause between two restarts of a server
 * @param seed of the order of the calls
 */
record Plan(Duration length, int callers, Duration restartEvery, long seed) {

  static Plan of(String... options) {
    Duration length = Duration.ofMinutes(3);
    int callers = 8;
    long seed = 1;
    for (String option : options) {
      if (option.equals("--quick")) {
        length = Duration.ofSeconds(30);
      } else if (option.startsWith("--seconds=")) {
        length = Duration.ofSeconds(number(option));
      } else if (option.startsWith("--callers=")) {
        callers = (int) number(option);
      } else if (option.startsWith("--seed=")) {
        seed = number(option);
      } else {
        throw new IllegalArgumentException(
            "unknown option "
                + option
                + "; there are --quick, --seconds=180, --callers=8 and --seed=1");
      }
    }
    return new Plan(length, callers, Duration.ofMillis(1_500), seed);
  }

  private static long number(String option) {
    String text = option.substring(option.indexOf('=') + 1);
    try {
      long number = Long.parseLong(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IllegalArgumentException(option + " needs a number above zero");
  }
}
