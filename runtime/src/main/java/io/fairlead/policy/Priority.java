package io.fairlead.policy;

/** What an overloaded server sheds first; the least important comes first. */
public enum Priority {
  /** Background work, for which no caller waits. */
  SHEDDABLE,
  /** Ordinary calls. */
  NORMAL,
  /** Calls that a person waits for. */
  HIGH,
  /** Shed last of all. */
  CRITICAL
}
