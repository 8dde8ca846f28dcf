package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.api.HttpBody;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.fairlead.gateway.internal.call.JsonCodec;
import io.fairlead.gateway.internal.call.MessageEncoder;
import org.jspecify.annotations.Nullable;

/**
 * Writes responses of one route: the message as JSON, one field of it, or the bytes of an HttpBody.
 */
final class RestEncoder implements MessageEncoder {
  private final JsonCodec json;
  private final @Nullable FieldDescriptor field;
  private final boolean raw;

  RestEncoder(Route route, JsonCodec json) {
    this.json = json;
    this.field = route.responseBody();
    Descriptor type = route.method().schema().getOutputType();
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
  public byte[] encode(Message message) {
    FieldDescriptor part = field(message);
    if (raw) {
      return part == null
          ? message.toByteArray()
          : ((Message) message.getField(part)).toByteArray();
    }
    if (part == null) {
      return json.write(message);
    }
    if (!part.isRepeated() && part.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      return json.write((Message) message.getField(part));
    }
    // One value alone: cut out of a message that holds nothing else.
    DynamicMessage.Builder alone = DynamicMessage.newBuilder(message.getDescriptorForType());
    alone.setField(part, message.getField(part));
    JsonElement value = value(json.print(alone.build()), part);
    if (value == null) {
      value = value(json.printWithDefaults(alone.build()), part);
    }
    return String.valueOf(value).getBytes(UTF_8);
  }

  private static @Nullable JsonElement value(String text, FieldDescriptor part) {
    return JsonParser.parseString(text).getAsJsonObject().get(part.getJsonName());
  }

  /** The field in the message's own type: generated and dynamic types need not be the same. */
  private @Nullable FieldDescriptor field(Message message) {
    return field == null
        ? null
        : message.getDescriptorForType().findFieldByNumber(field.getNumber());
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
