package io.fairlead.observe;

/** The side that decided the status of a call or of an attempt. */
public enum StatusOrigin {
  /** This side: no connection, a deadline, a cancellation, a cut socket, a refused message. */
  LOCAL,
  /** The other side: it sent the status. */
  WIRE
}
