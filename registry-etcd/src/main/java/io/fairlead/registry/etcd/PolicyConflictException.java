package io.fairlead.registry.etcd;

/** A change of live policy was not made, as somebody else has changed the set in the meantime. */
public final class PolicyConflictException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  // Exceptions can be serialized, and a set cannot.
  private final transient PolicySet current;

  PolicyConflictException(String message, PolicySet current) {
    super(message);
    this.current = current;
  }

  /** Returns the set as it is now. */
  public PolicySet current() {
    return current;
  }
}
