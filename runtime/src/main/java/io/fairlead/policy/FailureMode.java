package io.fairlead.policy;

/** What a caller sees of failed attempts. */
public enum FailureMode {
  /** Tries other endpoints as far as {@code retry} or {@code hedging} allows. */
  FAILOVER,
  /** One attempt, and its error at once. */
  FAILFAST,
  /** The default message in place of an error; unary methods only. */
  FAILSAFE,
  /** Every endpoint is called, and one failure fails the call; unary methods only. */
  BROADCAST
}
