package io.fairlead.management;

import java.util.Objects;

/** Ends a request with a status, and a text that says what to do about it. */
public final class WebException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * Makes the exception that a handler throws.
   *
   * @param status between 400 and 599
   * @param message for the caller
   */
  public WebException(int status, String message) {
    super(Objects.requireNonNull(message, "message"));
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("the status " + status + " is not between 400 and 599");
    }
    this.status = status;
  }

  /** Returns the status of the response. */
  public int status() {
    return status;
  }
}
