package io.fairlead.gateway.internal.rest;

import com.google.api.HttpBody;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.gateway.internal.call.MessageEncoder;
import io.fairlead.gateway.internal.json.JsonCodec;
import org.jspecify.annotations.Nullable;

/**
 * Writes responses of one route: the message as JSON, one field of it, or the bytes of an HttpBody.
 */
final class RestEncoder implements MessageEncoder {
  private final JsonCodec json;
  private final Descriptor type;
  private final @Nullable FieldDescriptor field;
  private final boolean raw;

  RestEncoder(Route route, JsonCodec json) {
    this.json = json;
    this.field = route.responseBody();
    this.type = route.method().schema().getOutputType();
    FieldDescriptor part = field;
    this.raw =
        part == null
            ? RequestBuilder.isHttpBody(type)
            : !part.isRepeated()
                && part.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                && RequestBuilder.isHttpBody(part.getMessageType());
  }

  /** Returns whether responses are bytes of their own type. */
  boolean isRaw() {
    return raw;
  }

  @Override
  public byte[] encode(byte[] message) {
    FieldDescriptor part = field;
    if (raw) {
      return part == null ? message : WireFields.of(message, part.getNumber());
    }
    return part == null ? json.write(type, message) : json.writeField(part, message);
  }

  /** Returns what {@link #encode} made, if responses are bytes of their own type; else null. */
  @Nullable HttpBody raw(byte[] encoded) {
    if (!raw) {
      return null;
    }
    try {
      return HttpBody.parseFrom(encoded);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("its own bytes cannot be read", e);
    }
  }
}
