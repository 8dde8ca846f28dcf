package io.fairlead.observe;

/** What the caller of a failed call got in place of the failure. */
public enum StandIn {
  /** What the application's function gave. */
  FALLBACK,
  /** The last good answer to the same request. */
  LAST_GOOD,
  /** The default message, as the failure mode FAILSAFE asks for. */
  DEFAULT_MESSAGE
}
