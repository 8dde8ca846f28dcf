package io.fairlead.contract;

/** What the contract's {@code idempotency_level} promises. */
public enum Idempotency {
  /** Nothing: a second call may do harm. */
  UNKNOWN,
  /** Calling again changes nothing more. */
  IDEMPOTENT,
  /** Calling changes nothing. */
  NO_SIDE_EFFECTS;

  /** Returns whether a call that may have been sent may be sent again. */
  public boolean isIdempotent() {
    return this != UNKNOWN;
  }
}
