package io.fairlead.balance;

import io.fairlead.internal.Durations;
import java.time.Duration;

/** Checks values of options; the messages are those of {@link BalancerConfigReader}. */
final class Ranges {
  private Ranges() {}

  static int check(String name, int value, int least, int most) {
    check(name, (double) value, least, most, Integer.toString(value));
    return value;
  }

  static double check(String name, double value, double least, double most) {
    check(name, value, least, most, Double.toString(value));
    return value;
  }

  private static void check(String name, double value, double least, double most, String text) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          name
              + " is "
              + text
              + "; use a number from "
              + BalancerConfigReader.format(least)
              + " to "
              + BalancerConfigReader.format(most));
    }
  }

  static Duration check(String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          name
              + " is "
              + Durations.format(value)
              + "; use a duration like \"10s\" from "
              + Durations.format(least)
              + " to "
              + Durations.format(most));
    }
    return value;
  }

  /** Returns the name, if it is that of a text header. */
  static String checkHeader(String parameter, String name) {
    if (!name.matches("(?i)[a-z0-9_.-]+(?<!-bin)")) {
      throw new IllegalArgumentException(
          parameter
              + " is \""
              + name
              + "\"; use the name of a text header: a-z, 0-9, \"-\", \"_\", \".\", and not \"-bin\""
              + " at its end");
    }
    return name;
  }
}
