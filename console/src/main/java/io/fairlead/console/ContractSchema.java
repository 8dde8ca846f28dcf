package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.gateway.Contracts;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Methods and types of contracts, as the forms of the page need them. */
final class ContractSchema {
  private ContractSchema() {}

  static JsonArray methods(List<ServiceDescriptor> services) {
    JsonArray methods = new JsonArray();
    for (ServiceDescriptor service : services) {
      for (MethodDescriptor method : service.getMethods()) {
        JsonObject json = new JsonObject();
        json.addProperty("name", service.getFullName() + "/" + method.getName());
        json.addProperty("service", service.getFullName());
        json.addProperty("input", method.getInputType().getFullName());
        json.addProperty("output", method.getOutputType().getFullName());
        json.addProperty("clientStreaming", method.isClientStreaming());
        json.addProperty("serverStreaming", method.isServerStreaming());
        json.addProperty("comment", Contracts.comment(method));
        methods.add(json);
      }
    }
    return methods;
  }

  /** Describes a type, and the types of its fields, by their full names. */
  static JsonObject types(Descriptor type) {
    Map<String, JsonObject> found = new TreeMap<>();
    add(type, found);
    JsonObject json = new JsonObject();
    found.forEach(json::add);
    return json;
  }

  private static void add(Descriptor type, Map<String, JsonObject> found) {
    // Those of protobuf itself have a form of their own in JSON.
    if (found.containsKey(type.getFullName()) || isWellKnown(type)) {
      return;
    }
    JsonObject json = new JsonObject();
    found.put(type.getFullName(), json);
    JsonArray fields = new JsonArray();
    for (FieldDescriptor field : type.getFields()) {
      fields.add(field(field));
      if (isMessage(field) && !field.isMapField()) {
        add(field.getMessageType(), found);
      }
    }
    json.add("fields", fields);
  }

  private static JsonObject field(FieldDescriptor field) {
    JsonObject json = new JsonObject();
    json.addProperty("name", field.getJsonName());
    json.addProperty("kind", kind(field));
    json.addProperty("repeated", field.isRepeated());
    json.addProperty("comment", Contracts.comment(field));
    if (field.getRealContainingOneof() != null) {
      json.addProperty("oneof", field.getRealContainingOneof().getName());
    }
    if (field.getJavaType() == FieldDescriptor.JavaType.ENUM) {
      JsonArray values = new JsonArray();
      for (EnumValueDescriptor value : field.getEnumType().getValues()) {
        values.add(value.getName());
      }
      json.add("values", values);
    } else if (isMessage(field) && !field.isMapField()) {
      json.addProperty("type", field.getMessageType().getFullName());
    }
    return json;
  }

  private static String kind(FieldDescriptor field) {
    if (field.isMapField()) {
      return "map";
    }
    if (isMessage(field) && isWellKnown(field.getMessageType())) {
      return "json";
    }
    return field.getJavaType().name().toLowerCase(Locale.ROOT);
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }

  private static boolean isWellKnown(Descriptor type) {
    return type.getFile().getPackage().equals("google.protobuf");
  }
}
