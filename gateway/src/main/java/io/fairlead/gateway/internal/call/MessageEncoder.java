package io.fairlead.gateway.internal.call;

/** Writes responses in the form that the caller wants. Used by one thread at a time. */
@FunctionalInterface
public interface MessageEncoder {
  /** Protobuf's own form. */
  MessageEncoder PROTO = message -> message;

  /**
   * Returns the bytes of a message, which comes in protobuf's form. What it throws ends the call
   * with INTERNAL.
   */
  byte[] encode(byte[] message);
}
