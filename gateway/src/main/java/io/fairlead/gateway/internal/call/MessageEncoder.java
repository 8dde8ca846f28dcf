package io.fairlead.gateway.internal.call;

import com.google.protobuf.Message;

/** Writes responses in the form that the caller wants. Used by one thread at a time. */
@FunctionalInterface
public interface MessageEncoder {
  /** Protobuf's own form. */
  MessageEncoder PROTO = Message::toByteArray;

  /** Returns the bytes of a message. What it throws ends the call with INTERNAL. */
  byte[] encode(Message message);
}
