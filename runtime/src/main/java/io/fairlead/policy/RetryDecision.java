package io.fairlead.policy;

/**
 * Whether a failed attempt is followed by another, and if not, why. The reason is shown to the
 * caller, in the message of the failure.
 */
public sealed interface RetryDecision {

  /** Another attempt after this backoff. */
  record Retry(long backoffNanos) implements RetryDecision {}

  /** No other attempt. */
  record Stop(Reason reason) implements RetryDecision {}

  /** Why there is no other attempt. */
  enum Reason {
    NO_POLICY("no retry policy"),
    CODE("its code is not retried"),
    COMMITTED("the server had begun to answer"),
    NOT_IDEMPOTENT("it may have been executed, and the method is not idempotent"),
    ATTEMPTS("all attempts are used"),
    PUSHBACK("the server asked for no more"),
    BUDGET("the retry budget is used up"),
    DEADLINE("the deadline leaves no time for another");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** Returns the reason as messages show it. */
    @Override
    public String toString() {
      return text;
    }
  }
}
