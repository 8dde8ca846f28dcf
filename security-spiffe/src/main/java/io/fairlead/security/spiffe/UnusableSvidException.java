package io.fairlead.security.spiffe;

/** What an agent sent cannot be used; the message says why. */
final class UnusableSvidException extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableSvidException(String message) {
    super(message);
  }
}
