package io.fairlead.observe;

/** What the caller of a failed call got in place of the failure. */
public enum FallbackKind {
  /** What the application's function gave. */
  FUNCTION,
  /** The last successful response to the same request. */
  STALE_IF_ERROR,
  /** The default message, as the failure mode FAILSAFE asks for. */
  DEFAULT_MESSAGE
}
