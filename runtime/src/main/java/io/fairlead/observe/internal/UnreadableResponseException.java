package io.fairlead.observe.internal;

/** A marshaller could not read a response; its cause says why. */
public final class UnreadableResponseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Made where the response was read. */
  public UnreadableResponseException(RuntimeException cause) {
    // The trace is that of the cause.
    super(cause.toString(), cause, false, false);
  }
}
