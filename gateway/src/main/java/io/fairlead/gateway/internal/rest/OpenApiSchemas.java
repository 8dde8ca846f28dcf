package io.fairlead.gateway.internal.rest;

import com.google.api.FieldBehavior;
import com.google.api.FieldBehaviorProto;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.gateway.internal.json.MessageForm;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * JSON schemas of messages, as protobuf's JSON mapping has them. Messages that are referred to are
 * collected, each once. For one thread.
 */
final class OpenApiSchemas {
  private static final System.Logger LOG = System.getLogger(OpenApiSchemas.class.getName());
  private static final String REFERENCE = "#/components/schemas/";
  private static final ExtensionRegistry BEHAVIOR = ExtensionRegistry.newInstance();

  static {
    FieldBehaviorProto.registerAllExtensions(BEHAVIOR);
  }

  private final Comments comments;
  private final Map<String, JsonObject> components = new TreeMap<>();

  /** Messages that are referred to and not described yet; a stack would be as deep as they are. */
  private final Deque<Descriptor> open = new ArrayDeque<>();

  OpenApiSchemas(Comments comments) {
    this.comments = comments;
  }

  /** Returns the schemas of all messages and enums that were referred to. */
  JsonObject components() {
    for (Descriptor next = open.poll(); next != null; next = open.poll()) {
      describe(next);
    }
    JsonObject all = new JsonObject();
    components.forEach(all::add);
    return all;
  }

  static JsonObject type(String type) {
    JsonObject schema = new JsonObject();
    schema.addProperty("type", type);
    return schema;
  }

  private static JsonObject formatted(String type, String format) {
    JsonObject schema = type(type);
    schema.addProperty("format", format);
    return schema;
  }

  static JsonObject array(JsonObject items) {
    JsonObject schema = type("array");
    schema.add("items", items);
    return schema;
  }

  private static JsonObject map(JsonObject values) {
    JsonObject schema = type("object");
    schema.add("additionalProperties", values);
    return schema;
  }

  static JsonObject reference(String name) {
    JsonObject schema = new JsonObject();
    schema.addProperty("$ref", REFERENCE + name);
    return schema;
  }

  /** Returns the schema of a field, without its comment. */
  JsonObject field(FieldDescriptor field) {
    if (field.isMapField()) {
      return map(single(field.getMessageType().findFieldByName("value")));
    }
    return field.isRepeated() ? array(single(field)) : single(field);
  }

  private JsonObject single(FieldDescriptor field) {
    return switch (field.getType()) {
      case INT32, SINT32, SFIXED32 -> formatted("integer", "int32");
      case UINT32, FIXED32 -> range(type("integer"), 0, 4_294_967_295L);
      case INT64, SINT64, SFIXED64 -> pattern(formatted("string", "int64"), "^-?[0-9]{1,19}$");
      case UINT64, FIXED64 -> pattern(formatted("string", "uint64"), "^[0-9]{1,20}$");
      case FLOAT -> number("float");
      case DOUBLE -> number("double");
      case BOOL -> type("boolean");
      case STRING -> type("string");
      case BYTES -> bytes();
      case ENUM -> enumeration(field.getEnumType());
      case MESSAGE, GROUP -> message(field.getMessageType());
    };
  }

  private static JsonObject range(JsonObject schema, long least, long most) {
    schema.addProperty("minimum", least);
    schema.addProperty("maximum", most);
    return schema;
  }

  private static JsonObject pattern(JsonObject schema, String pattern) {
    schema.addProperty("pattern", pattern);
    return schema;
  }

  /** What is no number has a name in JSON. */
  private static JsonObject number(String format) {
    JsonObject names = type("string");
    JsonArray values = new JsonArray();
    List.of("NaN", "Infinity", "-Infinity").forEach(values::add);
    names.add("enum", values);
    JsonArray either = new JsonArray();
    either.add(formatted("number", format));
    either.add(names);
    JsonObject schema = new JsonObject();
    schema.add("anyOf", either);
    return schema;
  }

  private static JsonObject bytes() {
    JsonObject schema = type("string");
    schema.addProperty("contentEncoding", "base64");
    return schema;
  }

  private JsonObject enumeration(EnumDescriptor type) {
    if (type.getFullName().equals("google.protobuf.NullValue")) {
      return type("null");
    }
    if (!components.containsKey(type.getFullName())) {
      JsonObject schema = type("string");
      describe(schema, comments.of(type));
      JsonArray names = new JsonArray();
      type.getValues().stream().map(EnumValueDescriptor::getName).forEach(names::add);
      schema.add("enum", names);
      components.put(type.getFullName(), schema);
    }
    return reference(type.getFullName());
  }

  /** Returns the schema of a message: a reference, or what stands for a well-known type. */
  JsonObject message(Descriptor type) {
    return switch (MessageForm.of(type)) {
      case PLAIN -> plain(type);
      case TIMESTAMP -> formatted("string", "date-time");
      case DURATION -> pattern(type("string"), "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$");
      case FIELD_MASK -> type("string");
      case STRUCT -> type("object");
      case VALUE -> new JsonObject();
      case LIST -> array(new JsonObject());
      case ANY -> any();
      case WRAPPER -> single(type.findFieldByName("value"));
    };
  }

  private JsonObject plain(Descriptor type) {
    if (type.getFullName().equals("google.protobuf.Empty")) {
      return type("object");
    }
    if (!components.containsKey(type.getFullName())) {
      components.put(type.getFullName(), type("object"));
      open.add(type);
    }
    return reference(type.getFullName());
  }

  private static JsonObject any() {
    JsonObject properties = new JsonObject();
    properties.add("@type", type("string"));
    JsonArray required = new JsonArray();
    required.add("@type");
    JsonObject schema = type("object");
    schema.add("properties", properties);
    schema.add("required", required);
    schema.addProperty("additionalProperties", true);
    return schema;
  }

  private void describe(Descriptor type) {
    components.put(type.getFullName(), without(type, Set.of()));
  }

  /** Returns the schema of a message without some of its fields, as itself and not a reference. */
  JsonObject without(Descriptor type, Set<String> names) {
    JsonObject schema = type("object");
    describe(schema, comments.of(type));
    JsonObject properties = new JsonObject();
    JsonArray required = new JsonArray();
    for (FieldDescriptor field : type.getFields()) {
      if (names.contains(field.getName())) {
        continue;
      }
      JsonObject property = field(field);
      describe(property, comments.of(field));
      if (field.getOptions().getDeprecated()) {
        property.addProperty("deprecated", true);
      }
      List<FieldBehavior> behavior = behavior(field);
      if (behavior.contains(FieldBehavior.OUTPUT_ONLY)) {
        property.addProperty("readOnly", true);
      }
      if (behavior.contains(FieldBehavior.REQUIRED)) {
        required.add(field.getJsonName());
      }
      properties.add(field.getJsonName(), property);
    }
    schema.add("properties", properties);
    if (!required.isEmpty()) {
      schema.add("required", required);
    }
    return schema;
  }

  /** Returns what the contract says about a field beside its type. */
  static List<FieldBehavior> behavior(FieldDescriptor field) {
    try {
      return FieldOptions.parseFrom(field.getOptions().toByteString(), BEHAVIOR)
          .getExtension(FieldBehaviorProto.fieldBehavior);
    } catch (InvalidProtocolBufferException e) {
      // The rest of the document is right without them.
      LOG.log(
          System.Logger.Level.WARNING,
          "the options of {0} cannot be read, and the OpenAPI document is without them: {1}",
          field.getFullName(),
          e.getMessage());
      return List.of();
    }
  }

  static void describe(JsonObject schema, String comment) {
    if (!comment.isEmpty()) {
      schema.addProperty("description", comment);
    }
  }
}
