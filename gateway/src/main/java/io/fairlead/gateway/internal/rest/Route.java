package io.fairlead.gateway.internal.rest;

import com.google.api.HttpRule;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.fairlead.options.HttpPath;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One binding of a method to a verb and a path. Immutable.
 *
 * @param verb of HTTP, or {@code *} for any
 * @param wholeBody whether the body is the request message
 * @param body the field that the body goes to; null if it is the message, or nothing
 * @param responseBody the field that the response consists of; null for the whole message
 */
record Route(
    ServedMethod method,
    String verb,
    HttpPath path,
    boolean wholeBody,
    @Nullable FieldDescriptor body,
    @Nullable FieldDescriptor responseBody) {

  static Route of(ServedMethod method, HttpRule rule) {
    String verb = rule.getPatternCase().name();
    String path =
        switch (rule.getPatternCase()) {
          case GET -> rule.getGet();
          case PUT -> rule.getPut();
          case POST -> rule.getPost();
          case DELETE -> rule.getDelete();
          case PATCH -> rule.getPatch();
          case CUSTOM -> rule.getCustom().getPath();
          case PATTERN_NOT_SET ->
              throw unusable(method, "a rule of google.api.http has no verb with a path");
        };
    if (rule.hasCustom()) {
      verb = rule.getCustom().getKind();
    }
    Descriptor request = method.schema().getInputType();
    HttpPath template;
    try {
      template = HttpPath.parse(path);
    } catch (IllegalArgumentException e) {
      throw unusable(method, String.valueOf(e.getMessage()));
    }
    for (HttpPath.Variable variable : template.variables()) {
      checkVariable(method, request, path, variable.field());
    }
    boolean whole = rule.getBody().equals("*");
    return new Route(
        method,
        verb,
        template,
        whole,
        whole || rule.getBody().isEmpty() ? null : field(method, request, "body", rule.getBody()),
        rule.getResponseBody().isEmpty()
            ? null
            : field(
                method, method.schema().getOutputType(), "response_body", rule.getResponseBody()));
  }

  private static FieldDescriptor field(
      ServedMethod method, Descriptor type, String option, String name) {
    FieldDescriptor field = type.findFieldByName(name);
    if (field == null) {
      throw unusable(
          method,
          option
              + " is \""
              + name
              + "\", and "
              + type.getFullName()
              + " has the fields "
              + names(type));
    }
    return field;
  }

  private static void checkVariable(
      ServedMethod method, Descriptor request, String path, String names) {
    Descriptor type = request;
    String[] parts = names.split("\\.", -1);
    for (int i = 0; i < parts.length; i++) {
      FieldDescriptor field = type == null ? null : type.findFieldByName(parts[i]);
      if (field == null) {
        throw unusable(
            method,
            "the path "
                + path
                + " names the field "
                + names
                + (type == null ? "" : ", and " + type.getFullName() + " has " + names(type)));
      }
      boolean last = i == parts.length - 1;
      boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (field.isRepeated() || (last && message && !HttpPath.isTextual(field.getMessageType()))) {
        throw unusable(
            method, "the path " + path + " names " + names + ", which is not a single value");
      }
      type = message ? field.getMessageType() : null;
    }
  }

  private static List<String> names(Descriptor type) {
    return type.getFields().stream().map(FieldDescriptor::getName).collect(Collectors.toList());
  }

  private static IllegalStateException unusable(ServedMethod method, String why) {
    return new IllegalStateException(
        "the option google.api.http of " + method.name() + " cannot be used: " + why);
  }

  /** Returns the field that a parameter of the query names at this level; null without one. */
  static @Nullable FieldDescriptor parameter(Descriptor type, String name) {
    return JsonCodec.field(type, name);
  }
}
