package io.fairlead.codegen.contract;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.fairlead.options.HttpPath;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks the routes that {@code google.api.http} gives to methods. What is wrong is a warning with
 * its place, and no reason to write no code: stubs do not use routes, and published contracts have
 * such mistakes.
 *
 * <p>The option is read from what protobuf leaves unknown, so that the generator does not need
 * Google's classes. It is Google's only if a file of the request imports its definition.
 */
final class HttpRuleReader {
  private static final String FILE = "google/api/annotations.proto";
  private static final int HTTP = 72_295_728;
  private static final int CUSTOM = 8;
  private static final int BODY = 7;
  private static final int ADDITIONAL_BINDINGS = 11;
  private static final int RESPONSE_BODY = 12;
  private static final int MOST_NAMES = 12;
  private static final Map<Integer, String> VERBS =
      Map.of(2, "GET", 3, "PUT", 4, "POST", 5, "DELETE", 6, "PATCH");

  /** By verb and shape, the rpc that has the route. */
  private final Map<String, Owner> routes = new LinkedHashMap<>();

  private record Owner(String service, String place) {}

  private final Diagnostics diagnostics;

  HttpRuleReader(Diagnostics diagnostics) {
    this.diagnostics = diagnostics;
  }

  /** Checks one method, and its routes against those of all methods before it. */
  void check(
      FileDescriptorProto file,
      String service,
      MethodDescriptorProto method,
      List<Integer> path,
      SourceMap source,
      Descriptor request,
      Descriptor response) {
    boolean imported =
        file.getDependencyList().contains(FILE) || file.getOptionDependencyList().contains(FILE);
    if (!imported || !method.getOptions().getUnknownFields().hasField(HTTP)) {
      return;
    }
    List<Integer> option =
        ServiceReader.join(path, MethodDescriptorProto.OPTIONS_FIELD_NUMBER, HTTP);
    new Rule(
            file.getPackage() + "." + service,
            "rpc " + service + "." + method.getName(),
            method,
            request,
            response,
            source,
            option,
            merged(method.getOptions()))
        .check(true);
  }

  /** An option that is set in parts arrives in parts. */
  private static UnknownFieldSet merged(MethodOptions options) {
    UnknownFieldSet.Builder rule = UnknownFieldSet.newBuilder();
    for (ByteString part : options.getUnknownFields().getField(HTTP).getLengthDelimitedList()) {
      rule.mergeFrom(parse(part));
    }
    return rule.build();
  }

  private static UnknownFieldSet parse(ByteString bytes) {
    try {
      return UnknownFieldSet.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("a rule of google.api.http is not readable", e);
    }
  }

  /** One rule: of a method, or a further one within it. */
  private final class Rule {
    private final String service;
    private final String subject;
    private final MethodDescriptorProto method;
    private final Descriptor request;
    private final Descriptor response;
    private final SourceMap source;
    private final List<Integer> place;
    private final UnknownFieldSet rule;

    Rule(
        String service,
        String subject,
        MethodDescriptorProto method,
        Descriptor request,
        Descriptor response,
        SourceMap source,
        List<Integer> place,
        UnknownFieldSet rule) {
      this.service = service;
      this.subject = subject;
      this.method = method;
      this.request = request;
      this.response = response;
      this.source = source;
      this.place = place;
      this.rule = rule;
    }

    private void warn(int field, String why) {
      diagnostics.warn(
          source.location(ServiceReader.join(place, field)), subject + ": google.api.http: " + why);
    }

    private String text(UnknownFieldSet fields, int number) {
      List<ByteString> all = fields.getField(number).getLengthDelimitedList();
      return all.isEmpty() ? "" : all.get(all.size() - 1).toStringUtf8();
    }

    void check(boolean outermost) {
      String verb = "";
      String template = "";
      int number = 0;
      for (Map.Entry<Integer, String> each : VERBS.entrySet()) {
        if (rule.hasField(each.getKey())) {
          verb = each.getValue();
          number = each.getKey();
          template = text(rule, number);
        }
      }
      if (rule.hasField(CUSTOM)) {
        UnknownFieldSet custom = parse(rule.getField(CUSTOM).getLengthDelimitedList().get(0));
        verb = text(custom, 1);
        template = text(custom, 2);
        number = CUSTOM;
      }
      if (verb.isEmpty()) {
        warn(
            number == 0 ? 2 : number,
            "it has no verb with a path; write one, such as get: \"/v1/things/{id}\"");
      } else {
        checkPath(verb, template, number);
      }
      checkBody(verb, number);
      checkResponseBody();
      List<ByteString> more = rule.getField(ADDITIONAL_BINDINGS).getLengthDelimitedList();
      if (!more.isEmpty() && !outermost) {
        warn(
            ADDITIONAL_BINDINGS,
            "additional_bindings stand within additional_bindings; write all of them in the outer"
                + " rule");
        return;
      }
      for (int i = 0; i < more.size(); i++) {
        new Rule(
                service,
                subject,
                method,
                request,
                response,
                source,
                ServiceReader.join(place, ADDITIONAL_BINDINGS, i),
                parse(more.get(i)))
            .check(false);
      }
    }

    private void checkPath(String verb, String template, int number) {
      HttpPath path;
      try {
        path = HttpPath.parse(template);
      } catch (IllegalArgumentException e) {
        warn(number, String.valueOf(e.getMessage()));
        return;
      }
      Set<String> named = new HashSet<>();
      for (HttpPath.Variable variable : path.variables()) {
        if (!named.add(variable.field())) {
          warn(
              number,
              "the path \"%s\" names %s twice; a field takes one value"
                  .formatted(template, variable.field()));
        }
        String mistake = variable(variable.field());
        if (mistake != null) {
          warn(
              number,
              "the path \"%s\" names %s: %s".formatted(template, variable.field(), mistake));
        }
      }
      String shape =
          "/"
              + String.join("/", path.segments())
              + (path.verb().isEmpty() ? "" : ":" + path.verb());
      SourceLocation location = source.location(ServiceReader.join(place, number));
      Owner before =
          routes.putIfAbsent(verb + " " + shape, new Owner(service, subject + " at " + location));
      if (before == null) {
        return;
      }
      String clash = "the route %s %s is that of %s too; ".formatted(verb, shape, before.place());
      // Contracts of several owners are right by themselves, and may never meet in a server.
      warn(
          number,
          clash
              + (before.service().equals(service)
                  ? "change one of them"
                  : "a server of both does not start, and a gateway before both leaves one out"));
    }

    /** Returns what is wrong with a variable; null if nothing is. */
    private @Nullable String variable(String names) {
      Descriptor level = request;
      String[] parts = names.split("\\.", -1);
      for (int i = 0; i < parts.length; i++) {
        FieldDescriptor field = level.findFieldByName(parts[i]);
        if (field == null) {
          return missing(level, parts[i]);
        }
        if (field.isRepeated()) {
          return "%s is %s, and a path holds a single value; name another field"
              .formatted(field.getFullName(), field.isMapField() ? "a map" : "repeated");
        }
        boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
        boolean last = i + 1 == parts.length;
        if (!last && !message) {
          return "%s is not a message, so it has no field %s; drop what follows it"
              .formatted(field.getFullName(), parts[i + 1]);
        }
        if (last && message && !HttpPath.isTextual(field.getMessageType())) {
          return "%s is a message, which has no text; name a field in it, one of %s"
              .formatted(field.getFullName(), names(field.getMessageType()));
        }
        if (message) {
          level = field.getMessageType();
        }
      }
      return null;
    }

    private void checkBody(String verb, int number) {
      String body = text(rule, BODY);
      if (body.isEmpty()) {
        if (method.getClientStreaming() && !verb.isEmpty()) {
          warn(
              number,
              "the method takes a stream of requests, which comes in the body; add body: \"*\"");
        }
        return;
      }
      if (verb.equals("GET")) {
        warn(BODY, "GET has no body; drop body: \"%s\", or use post".formatted(body));
        return;
      }
      if (body.equals("*")) {
        return;
      }
      FieldDescriptor field = request.findFieldByName(body);
      if (field == null) {
        warn(
            BODY,
            body.contains(".")
                ? "body \"%s\" is not a field of the request itself; name the outermost field"
                    .formatted(body)
                : "body \"%s\": %s".formatted(body, missing(request, body)));
      } else if (field.isMapField()) {
        warn(
            BODY,
            "body \"%s\": %s is a map; name a message in which it stands"
                .formatted(body, field.getFullName()));
      }
    }

    private void checkResponseBody() {
      String body = text(rule, RESPONSE_BODY);
      if (!body.isEmpty() && response.findFieldByName(body) == null) {
        warn(
            RESPONSE_BODY,
            body.contains(".")
                ? "response_body \"%s\" is not a field of the response itself; name the outermost field"
                    .formatted(body)
                : "response_body \"%s\": %s".formatted(body, missing(response, body)));
      }
    }
  }

  private static String missing(Descriptor message, String name) {
    List<String> known = message.getFields().stream().map(FieldDescriptor::getName).toList();
    return "%s has no field \"%s\"; %s%s"
        .formatted(
            message.getFullName(),
            name,
            Suggestion.didYouMean(name, known),
            known.isEmpty() ? "it has none" : "it has " + names(message));
  }

  private static String names(Descriptor message) {
    String names =
        message.getFields().stream()
            .limit(MOST_NAMES)
            .map(FieldDescriptor::getName)
            .collect(Collectors.joining(", "));
    return message.getFields().size() > MOST_NAMES ? names + ", ..." : names;
  }
}
