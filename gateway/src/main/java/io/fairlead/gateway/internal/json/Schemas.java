package io.fairlead.gateway.internal.json;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TypeRegistry;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The tables of the messages and enums of a server, each made when it is first needed. */
final class Schemas {
  private final TypeRegistry types;
  private final ConcurrentHashMap<Descriptor, MessageSchema> known = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<EnumDescriptor, EnumSchema> enums = new ConcurrentHashMap<>();

  Schemas(TypeRegistry types) {
    this.types = types;
  }

  MessageSchema of(Descriptor type) {
    MessageSchema schema = known.get(type);
    return schema != null
        ? schema
        : known.computeIfAbsent(type, each -> new MessageSchema(each, this));
  }

  EnumSchema of(EnumDescriptor type) {
    return enums.computeIfAbsent(type, EnumSchema::new);
  }

  /** Returns the type that an {@code Any} names; null if this server does not know it. */
  @Nullable MessageSchema ofUrl(String url) {
    try {
      Descriptor type = types.getDescriptorForTypeUrl(url);
      return type == null ? null : of(type);
    } catch (InvalidProtocolBufferException noUrl) {
      return null;
    }
  }
}
