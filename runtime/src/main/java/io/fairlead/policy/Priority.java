package io.fairlead.policy;

/** What an overloaded server sheds first; the least important comes first. */
public enum Priority {
  /** Work that nobody waits for. */
  SHEDDABLE,
  /** Ordinary calls. */
  NORMAL,
  /** Calls that a person waits for. */
  HIGH,
  /** Shed last of all. */
  CRITICAL
}
