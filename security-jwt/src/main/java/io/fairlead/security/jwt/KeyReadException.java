package io.fairlead.security.jwt;

/** Keys could not be read. Its text is for logs and for the status of an issuer. */
final class KeyReadException extends Exception {
  private static final long serialVersionUID = 1L;

  KeyReadException(String message) {
    super(message);
  }
}
