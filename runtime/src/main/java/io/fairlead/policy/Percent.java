package io.fairlead.policy;

/** Percentages in the words of policies. */
final class Percent {
  private Percent() {}

  /** Returns it without a fraction where there is none, as in {@code "5%"} and {@code "2.5%"}. */
  static String text(double percent) {
    String number =
        percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent);
    return number + "%";
  }
}
