package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.api.HttpBody;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.fairlead.gateway.internal.call.Query;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.fairlead.gateway.internal.json.MessageForm;
import io.fairlead.options.HttpPath;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes the request message of one call: from its body, then from its query, then from its path.
 * The path has the last word, as it chose the route.
 */
final class RequestBuilder {
  private static final byte[] NOTHING = {};

  private final Route route;
  private final JsonCodec json;
  private final Descriptor type;
  private final byte[] fromPath;
  private final byte[] fromQuery;
  private final @Nullable FieldDescriptor maskField;
  private final boolean maskGiven;

  /** Reads the parameters; throws INVALID_ARGUMENT that names the one that is wrong. */
  RequestBuilder(Route route, List<String> segments, Query query, JsonCodec json) {
    this.route = route;
    this.json = json;
    this.type = route.method().schema().getInputType();
    JsonObject path = new JsonObject();
    for (HttpPath.Variable variable : route.path().variables()) {
      String raw = String.join("/", route.path().of(variable, segments));
      put(path, variable.field(), Escapes.decode(raw, !variable.single()), "the path");
    }
    JsonObject parameters = new JsonObject();
    for (Query.Parameter parameter : query.all()) {
      if (route.wholeBody()) {
        throw invalid(
            "the body is the whole request, so the parameter "
                + parameter.name()
                + " has no place");
      }
      put(parameters, parameter.name(), parameter.value(), "the query");
    }
    // A wrong value is to be told before a body is sent.
    this.fromPath = read(path, "the path");
    this.fromQuery = read(parameters, "the query");
    FieldDescriptor mask = maskField(route);
    this.maskField = mask;
    this.maskGiven =
        mask != null && (parameters.has(mask.getJsonName()) || path.has(mask.getJsonName()));
  }

  private byte[] read(JsonObject values, String where) {
    if (values.size() == 0) {
      return NOTHING;
    }
    try {
      return json.readParameters(type, values.toString().getBytes(UTF_8));
    } catch (io.grpc.StatusRuntimeException e) {
      throw invalid("a value of " + where + " is wrong: " + e.getStatus().getDescription());
    }
  }

  /** Puts a text at the field that dotted names lead to. */
  private void put(JsonObject into, String names, String text, String where) {
    JsonObject object = into;
    Descriptor level = type;
    String[] parts = names.split("\\.", -1);
    for (int i = 0; i < parts.length; i++) {
      FieldDescriptor field = Route.parameter(level, parts[i]);
      if (field == null || (i == 0 && where.equals("the query") && isTaken(names, field))) {
        throw invalid(
            where
                + " names "
                + names
                + ", which is no field for it; "
                + level.getFullName()
                + " has "
                + fields(level));
      }
      boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (i == parts.length - 1) {
        if (field.isMapField()
            || (message && (field.isRepeated() || !HttpPath.isTextual(field.getMessageType())))) {
          throw invalid(
              where
                  + " names "
                  + names
                  + ", which has no text; name a field within it, or send it in a body");
        }
        add(object, field, text, names, where);
      } else {
        if (!message || field.isRepeated() || HttpPath.isTextual(field.getMessageType())) {
          throw invalid(where + " names " + names + ", and " + field.getName() + " has no fields");
        }
        String key = field.getJsonName();
        if (!object.has(key)) {
          object.add(key, new JsonObject());
        }
        object = object.getAsJsonObject(key);
        level = field.getMessageType();
      }
    }
  }

  /** Whether a field comes by the body or the path, so that a parameter of the query cannot. */
  private boolean isTaken(String names, FieldDescriptor first) {
    return first.equals(route.body())
        || route.path().variables().stream().anyMatch(each -> each.field().equals(names));
  }

  private static void add(
      JsonObject object, FieldDescriptor field, String text, String names, String where) {
    JsonPrimitive value =
        field.getJavaType() == FieldDescriptor.JavaType.BOOLEAN || isBoolValue(field)
            ? bool(text, names, where)
            : new JsonPrimitive(text);
    if (field.isRepeated()) {
      if (!object.has(field.getJsonName())) {
        object.add(field.getJsonName(), new JsonArray());
      }
      object.getAsJsonArray(field.getJsonName()).add(value);
    } else if (object.has(field.getJsonName())) {
      throw invalid(where + " has " + names + " twice, which takes one value");
    } else {
      object.add(field.getJsonName(), value);
    }
  }

  private static boolean isBoolValue(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        && field.getMessageType().getFullName().equals("google.protobuf.BoolValue");
  }

  private static JsonPrimitive bool(String text, String names, String where) {
    if (!text.equals("true") && !text.equals("false")) {
      throw invalid(where + " has " + names + " = \"" + text + "\"; use true or false");
    }
    return new JsonPrimitive(text.equals("true"));
  }

  private static String fields(Descriptor type) {
    return type.getFields().stream()
        .map(FieldDescriptor::getJsonName)
        .collect(Collectors.toCollection(TreeSet::new))
        .toString();
  }

  /** Returns whether the body is bytes of any kind, and not JSON. */
  boolean takesRawBody() {
    FieldDescriptor field = route.body();
    return (route.wholeBody() && isHttpBody(type))
        || (field != null
            && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && isHttpBody(field.getMessageType()));
  }

  static boolean isHttpBody(Descriptor type) {
    return type.getFullName().equals("google.api.HttpBody");
  }

  /**
   * Returns the message, in protobuf's form. Readers merge what follows into what they have, so
   * that the query adds to the body, and the path replaces what it says. A FieldMask in the path
   * would add to the body's paths, so that those are taken out first.
   */
  byte[] build(byte[] body, String contentType) {
    FieldDescriptor field = route.body();
    byte[] message = NOTHING;
    if (takesRawBody()) {
      message = raw(field, body, contentType);
    } else if (route.wholeBody()) {
      message = json.read(type, body);
    } else if (field != null && body.length > 0) {
      message = readField(field, body);
    }
    if (fromQuery.length == 0 && fromPath.length == 0) {
      return message;
    }
    for (HttpPath.Variable variable : route.path().variables()) {
      message = withoutMask(message, variable.field().split("\\.", -1));
    }
    return joined(message, fromQuery, fromPath);
  }

  /**
   * Reads a field and, for a PATCH whose caller sends no mask, also the mask of what the body has.
   * Otherwise no handler could tell what was left out from what is to be emptied.
   */
  private byte[] readField(FieldDescriptor field, byte[] body) {
    FieldDescriptor mask = maskField;
    if (mask == null || maskGiven) {
      return json.readField(field, body);
    }
    FieldMask.Builder paths = FieldMask.newBuilder();
    byte[] message = json.readField(field, body, paths);
    return joined(message, WireFields.wrap(mask.getNumber(), paths.build().toByteArray()));
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** Returns the field for the mask of a PATCH; null if the route has none, or more than one. */
  private static @Nullable FieldDescriptor maskField(Route route) {
    FieldDescriptor body = route.body();
    if (!route.verb().equals("PATCH")
        || body == null
        || body.isRepeated()
        || body.getJavaType() != FieldDescriptor.JavaType.MESSAGE
        || MessageForm.of(body.getMessageType()) != MessageForm.PLAIN
        || isHttpBody(body.getMessageType())) {
      return null;
    }
    List<FieldDescriptor> masks =
        route.method().schema().getInputType().getFields().stream()
            .filter(each -> !each.isRepeated() && isFieldMask(each))
            .toList();
    return masks.size() == 1 ? masks.get(0) : null;
  }

  /** Takes out of a message the field that dotted names lead to, if it is a FieldMask. */
  private byte[] withoutMask(byte[] message, String[] names) {
    FieldDescriptor leaf = Route.parameter(type, names[0]);
    for (int i = 1; i < names.length && leaf != null; i++) {
      leaf = Route.parameter(leaf.getMessageType(), names[i]);
    }
    if (message.length == 0 || leaf == null || !isFieldMask(leaf)) {
      return message;
    }
    DynamicMessage.Builder whole = DynamicMessage.newBuilder(type);
    try {
      whole.mergeFrom(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the message is not in protobuf's form", e);
    }
    Message.Builder level = whole;
    for (int i = 0; i < names.length - 1; i++) {
      level = level.getFieldBuilder(Route.parameter(level.getDescriptorForType(), names[i]));
    }
    level.clearField(leaf);
    return whole.buildPartial().toByteArray();
  }

  private static boolean isFieldMask(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        && MessageForm.of(field.getMessageType()) == MessageForm.FIELD_MASK;
  }

  private static byte[] raw(@Nullable FieldDescriptor field, byte[] body, String contentType) {
    byte[] raw =
        HttpBody.newBuilder()
            .setContentType(contentType)
            .setData(UnsafeByteOperations.unsafeWrap(body))
            .build()
            .toByteArray();
    return field == null ? raw : WireFields.wrap(field.getNumber(), raw);
  }

  private static RuntimeException invalid(String why) {
    return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
  }
}
