package io.fairlead.registry.etcd;

/** An entry that does not say where an endpoint is. */
final class MalformedEntryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedEntryException(String message) {
    super(message, null, false, false);
  }
}
