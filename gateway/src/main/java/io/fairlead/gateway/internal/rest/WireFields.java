package io.fairlead.gateway.internal.rest;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;

/** Takes single fields out of messages in protobuf's form, and puts them in. */
final class WireFields {
  private WireFields() {}

  /** Returns the message that a field holds; an empty one without it. */
  static byte[] of(byte[] message, int number) {
    try {
      // Parts of one message, if it was written in parts, are merged by who reads them.
      ByteArrayOutputStream parts = new ByteArrayOutputStream();
      for (ByteString part :
          UnknownFieldSet.parseFrom(message).getField(number).getLengthDelimitedList()) {
        parts.writeBytes(part.toByteArray());
      }
      return parts.toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the message is not in protobuf's form", e);
    }
  }

  /** Returns a message whose only field holds this one. */
  static byte[] wrap(int number, byte[] message) {
    return UnknownFieldSet.newBuilder()
        .addField(
            number,
            UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFrom(message))
                .build())
        .build()
        .toByteArray();
  }
}
