package io.fairlead.policy;

/** A failure as an open breaker passes it on: the code, and what was said of the cause. */
final class FailureText {
  /** Longer ones are cut: the text is repeated with each call that is refused. */
  private static final int LONGEST = 200;

  private FailureText() {}

  static String of(Code code, String why) {
    if (why.isEmpty()) {
      return code.toString();
    }
    return code + " (" + (why.length() <= LONGEST ? why : why.substring(0, LONGEST) + "...") + ")";
  }
}
