package io.fairlead.gateway.internal.rest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import io.fairlead.gateway.internal.json.MessageForm;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Examples of messages as JSON, made from their types: what the codec reads, and nothing that a
 * reader would take for real data. One example is of bounded size, whatever the contract is. For
 * one thread.
 */
final class Examples {
  private static final int MOST_DEPTH = 3;

  /** Members of all objects of one example. */
  private static final int MOST_MEMBERS = 40;

  private final Deque<Descriptor> within = new ArrayDeque<>();
  private int members;

  private Examples() {}

  /**
   * Returns an example of a message.
   *
   * @param without names of fields that are left out
   */
  static JsonElement message(Descriptor type, Set<String> without) {
    return new Examples().of(type, without);
  }

  /** Returns an example of the value of a field. */
  static JsonElement field(FieldDescriptor field) {
    return new Examples().value(field);
  }

  private JsonElement of(Descriptor type, Set<String> without) {
    return switch (MessageForm.of(type)) {
      case PLAIN -> plain(type, without);
      case TIMESTAMP -> new JsonPrimitive("2026-01-31T09:30:00Z");
      case DURATION -> new JsonPrimitive("1.500s");
      case FIELD_MASK -> new JsonPrimitive("name");
      case STRUCT -> struct();
      case VALUE -> new JsonPrimitive("text");
      case LIST -> list();
      case ANY -> any();
      case WRAPPER -> single(type.findFieldByName("value"));
    };
  }

  private JsonObject plain(Descriptor type, Set<String> without) {
    JsonObject object = new JsonObject();
    if (within.contains(type) || within.size() >= MOST_DEPTH) {
      return object;
    }
    within.push(type);
    Set<OneofDescriptor> chosen = new HashSet<>();
    for (FieldDescriptor field : type.getFields()) {
      OneofDescriptor choice = field.getContainingOneof();
      if (without.contains(field.getName())
          || members >= MOST_MEMBERS
          || (isMessage(field) && within.contains(field.getMessageType()))
          || (choice != null && !chosen.add(choice))) {
        continue;
      }
      members++;
      object.add(field.getJsonName(), value(field));
    }
    within.pop();
    return object;
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isMapField();
  }

  private JsonElement value(FieldDescriptor field) {
    if (field.isMapField()) {
      JsonObject map = new JsonObject();
      FieldDescriptor value = field.getMessageType().findFieldByName("value");
      if (!isMessage(value) || !within.contains(value.getMessageType())) {
        map.add(key(field.getMessageType().findFieldByName("key")), single(value));
      }
      return map;
    }
    if (field.isRepeated()) {
      JsonArray array = new JsonArray();
      array.add(single(field));
      return array;
    }
    return single(field);
  }

  private static String key(FieldDescriptor key) {
    return switch (key.getJavaType()) {
      case BOOLEAN -> "true";
      case STRING -> "key";
      default -> "1";
    };
  }

  private JsonElement single(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case INT -> new JsonPrimitive(1);
      case LONG -> new JsonPrimitive("1");
      case FLOAT, DOUBLE -> new JsonPrimitive(1.5);
      case BOOLEAN -> new JsonPrimitive(true);
      case STRING -> new JsonPrimitive("text");
      case BYTE_STRING -> new JsonPrimitive("Ynl0ZXM=");
      case ENUM -> enumeration(field.getEnumType());
      case MESSAGE -> of(field.getMessageType(), Set.of());
    };
  }

  /** The first value mostly says that there is none. */
  private static JsonElement enumeration(EnumDescriptor type) {
    if (type.getFullName().equals("google.protobuf.NullValue")) {
      return JsonNull.INSTANCE;
    }
    return new JsonPrimitive(
        type.getValues().stream()
            .filter(each -> each.getNumber() != 0)
            .findFirst()
            .map(EnumValueDescriptor::getName)
            .orElseGet(() -> type.getValues().get(0).getName()));
  }

  private static JsonObject struct() {
    JsonObject struct = new JsonObject();
    struct.addProperty("key", "text");
    return struct;
  }

  private static JsonArray list() {
    JsonArray list = new JsonArray();
    list.add("text");
    return list;
  }

  /** A type that every contract with an {@code Any} knows, and whose form says how it is put. */
  private static JsonObject any() {
    JsonObject any = new JsonObject();
    any.addProperty("@type", "type.googleapis.com/google.rpc.RequestInfo");
    any.addProperty("requestId", "text");
    return any;
  }
}
