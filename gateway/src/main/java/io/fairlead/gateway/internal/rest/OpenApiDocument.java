package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.api.FieldBehavior;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.DescriptorProtos.ServiceOptions;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.HttpPath;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The OpenAPI 3.1 document of what a gateway serves: a path for each route of the contracts, and
 * for a unary method without a route the path that Connect gives it. For one thread.
 */
final class OpenApiDocument {
  private static final Gson GSON =
      new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();
  private static final System.Logger LOG = System.getLogger(OpenApiDocument.class.getName());
  private static final String JSON = "application/json";

  /** What a path of a document can have; there is no place for other verbs. */
  private static final Set<String> VERBS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

  private static final ExtensionRegistry OPTIONS = ExtensionRegistry.newInstance();

  static {
    OptionsProto.registerAllExtensions(OPTIONS);
  }

  private final Comments comments = new Comments();
  private final OpenApiSchemas schemas = new OpenApiSchemas(comments);
  private final JsonObject paths = new JsonObject();
  private final Map<String, ServiceDescriptor> services = new LinkedHashMap<>();
  private final Set<String> operationIds = new HashSet<>();
  private boolean secured;
  private boolean connects;

  /** The path that stands for all of one shape: a document may not have two of them. */
  private final Map<String, List<String>> shapes = new HashMap<>();

  /** Returns the document of these methods, and of the routes that lead to them. */
  static byte[] write(Collection<ServedMethod> methods, List<Route> routes) {
    return GSON.toJson(new OpenApiDocument().document(methods, routes)).getBytes(UTF_8);
  }

  private JsonObject document(Collection<ServedMethod> methods, List<Route> routes) {
    Set<MethodDescriptor> routed = new HashSet<>();
    for (Route route : inOrder(routes, Route::method)) {
      routed.add(route.method().schema());
      addOrLeaveOut(route.method(), () -> add(route));
    }
    for (ServedMethod method : inOrder(methods, each -> each)) {
      MethodDescriptor schema = method.schema();
      if (method.isUnary()
          && !routed.contains(schema)
          && !schema.getFile().getPackage().startsWith("grpc.")) {
        addOrLeaveOut(method, () -> addConnect(method));
      }
    }
    JsonObject document = new JsonObject();
    document.addProperty("openapi", "3.1.0");
    JsonObject info = new JsonObject();
    info.addProperty("title", services.isEmpty() ? "No service" : String.join(", ", names()));
    info.addProperty("version", version());
    document.add("info", info);
    document.add("tags", tags());
    document.add("paths", paths);
    document.add("components", components());
    return document;
  }

  /** One method whose options cannot be read leaves the document of all others. */
  private static void addOrLeaveOut(ServedMethod method, Runnable code) {
    try {
      code.run();
    } catch (IllegalStateException e) {
      leaveOut(method, String.valueOf(e.getMessage()));
    }
  }

  private static void leaveOut(ServedMethod method, String why) {
    LOG.log(
        System.Logger.Level.WARNING,
        "the OpenAPI document is without an operation of {0}: {1}",
        method.name(),
        why);
  }

  /** Sorts by the order of the contract, which a server does not keep. */
  private static <T> List<T> inOrder(Collection<T> given, Function<T, ServedMethod> method) {
    return given.stream()
        .sorted(
            Comparator.comparing((T each) -> method.apply(each).schema().getService().getFullName())
                .thenComparing(each -> method.apply(each).schema().getIndex()))
        .toList();
  }

  private List<String> names() {
    return services.values().stream().map(ServiceDescriptor::getName).toList();
  }

  /** Returns the version that the packages of all services end with. */
  private String version() {
    Set<String> versions =
        services.values().stream()
            .map(each -> each.getFile().getPackage())
            .map(each -> each.substring(each.lastIndexOf('.') + 1))
            .collect(Collectors.toCollection(TreeSet::new));
    String first = versions.isEmpty() ? "" : versions.iterator().next();
    return versions.size() == 1 && first.matches("v\\d+\\w*") ? first : "1";
  }

  private JsonArray tags() {
    JsonArray tags = new JsonArray();
    services.forEach(
        (name, service) -> {
          JsonObject tag = new JsonObject();
          tag.addProperty("name", name);
          OpenApiSchemas.describe(tag, comments.of(service));
          tags.add(tag);
        });
    return tags;
  }

  private JsonObject components() {
    JsonObject responses = new JsonObject();
    JsonObject errors = content(JSON, status());
    add(errors, RestError.PROBLEM, problem());
    responses.add(
        "Error", response("An error, as google.rpc.Status, or as RFC 9457 has it", errors));
    if (connects) {
      responses.add("ConnectError", response("An error of Connect", content(JSON, connectError())));
    }
    JsonObject components = new JsonObject();
    components.add("schemas", schemas.components());
    components.add("responses", responses);
    if (secured) {
      JsonObject bearer = OpenApiSchemas.type("http");
      bearer.addProperty("scheme", "bearer");
      JsonObject schemes = new JsonObject();
      schemes.add("bearer", bearer);
      components.add("securitySchemes", schemes);
    }
    return components;
  }

  private static JsonObject status() {
    JsonObject properties = new JsonObject();
    properties.add("code", OpenApiSchemas.type("integer"));
    properties.add("message", OpenApiSchemas.type("string"));
    properties.add("details", OpenApiSchemas.array(OpenApiSchemas.type("object")));
    return object(properties, "code", "message");
  }

  private static JsonObject problem() {
    JsonObject properties = new JsonObject();
    properties.add("type", OpenApiSchemas.type("string"));
    properties.add("title", OpenApiSchemas.type("string"));
    properties.add("status", OpenApiSchemas.type("integer"));
    properties.add("detail", OpenApiSchemas.type("string"));
    properties.add("code", OpenApiSchemas.type("string"));
    properties.add("details", OpenApiSchemas.array(OpenApiSchemas.type("object")));
    return object(properties, "type", "title", "status", "code");
  }

  private static JsonObject connectError() {
    JsonObject properties = new JsonObject();
    properties.add("code", OpenApiSchemas.type("string"));
    properties.add("message", OpenApiSchemas.type("string"));
    properties.add("details", OpenApiSchemas.array(OpenApiSchemas.type("object")));
    return object(properties, "code");
  }

  private static JsonObject object(JsonObject properties, String... required) {
    JsonObject schema = OpenApiSchemas.type("object");
    schema.add("properties", properties);
    JsonArray names = new JsonArray();
    for (String each : required) {
      names.add(each);
    }
    schema.add("required", names);
    return schema;
  }

  private static JsonObject response(String description, JsonObject content) {
    JsonObject response = new JsonObject();
    response.addProperty("description", description);
    response.add("content", content);
    return response;
  }

  private static JsonObject content(String type, JsonObject schema) {
    JsonObject content = new JsonObject();
    add(content, type, schema);
    return content;
  }

  private static JsonObject content(String type, JsonObject schema, JsonElement example) {
    JsonObject content = content(type, schema);
    content.getAsJsonObject(type).add("example", example);
    return content;
  }

  /** Returns an example of a message; of one that is sent, without what only the server sets. */
  private static JsonElement example(Descriptor type, boolean sent) {
    Set<String> without =
        type.getFields().stream()
            .filter(
                each -> sent && OpenApiSchemas.behavior(each).contains(FieldBehavior.OUTPUT_ONLY))
            .map(FieldDescriptor::getName)
            .collect(Collectors.toSet());
    return Examples.message(type, without);
  }

  private static void add(JsonObject content, String type, JsonObject schema) {
    JsonObject media = new JsonObject();
    media.add("schema", schema);
    content.add(type, media);
  }

  // Paths.

  private void add(Route route) {
    // A route of any verb is documented as the one that can carry a body.
    String verb = route.verb().equals("*") ? "post" : route.verb().toLowerCase(Locale.ROOT);
    if (!VERBS.contains(verb)) {
      leaveOut(route.method(), "OpenAPI has no verb " + route.verb());
      return;
    }
    MethodDescriptor method = route.method().schema();
    JsonArray parameters = new JsonArray();
    String path = path(route, parameters);
    if (paths.has(path) && paths.getAsJsonObject(path).has(verb)) {
      leaveOut(
          route.method(),
          "OpenAPI cannot tell its path from that of another, " + route.verb() + " " + path);
      return;
    }
    addQuery(route, parameters);
    JsonObject operation = operation(route.method(), method.getFullName());
    if (!parameters.isEmpty()) {
      operation.add("parameters", parameters);
    }
    if (route.wholeBody() || route.body() != null) {
      operation.add("requestBody", body(route));
    }
    operation.add("responses", responses(result(route), "Error"));
    put(path, verb, operation);
  }

  private void addConnect(ServedMethod method) {
    connects = true;
    MethodDescriptor schema = method.schema();
    JsonObject operation = operation(method, schema.getFullName());
    JsonObject body = new JsonObject();
    body.addProperty("required", true);
    body.add(
        "content",
        content(
            JSON, schemas.message(schema.getInputType()), example(schema.getInputType(), true)));
    operation.add("requestBody", body);
    operation.add(
        "responses",
        responses(
            content(
                JSON,
                schemas.message(schema.getOutputType()),
                example(schema.getOutputType(), false)),
            "ConnectError"));
    put("/" + method.name(), "post", operation);
  }

  private void put(String path, String verb, JsonObject operation) {
    if (!paths.has(path)) {
      paths.add(path, new JsonObject());
    }
    paths.getAsJsonObject(path).add(verb, operation);
  }

  private JsonObject operation(ServedMethod served, String name) {
    MethodDescriptor method = served.schema();
    services.putIfAbsent(method.getService().getFullName(), method.getService());
    JsonObject operation = new JsonObject();
    String comment = comments.of(method);
    if (!comment.isEmpty()) {
      operation.addProperty("summary", Comments.summary(comment));
      operation.addProperty("description", comment);
    }
    String id = name;
    for (int i = 2; !operationIds.add(id); i++) {
      id = name + "_" + i;
    }
    operation.addProperty("operationId", id);
    JsonArray tags = new JsonArray();
    tags.add(method.getService().getFullName());
    operation.add("tags", tags);
    if (method.getOptions().getDeprecated()) {
      operation.addProperty("deprecated", true);
    }
    addPolicy(operation, served);
    return operation;
  }

  /** Adds what the contract says about time and callers. */
  private void addPolicy(JsonObject operation, ServedMethod served) {
    MethodDescriptor method = served.schema();
    Policy policy;
    try {
      policy =
          EffectivePolicy.of(
              ServiceOptions.parseFrom(method.getService().getOptions().toByteString(), OPTIONS)
                  .getExtension(OptionsProto.service),
              MethodOptions.parseFrom(method.getOptions().toByteString(), OPTIONS)
                  .getExtension(OptionsProto.method),
              served.isUnary(),
              method.getOptions().getIdempotencyLevel() != IdempotencyLevel.IDEMPOTENCY_UNKNOWN);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "the options of " + method.getFullName() + " cannot be read", e);
    }
    if (!policy.getDeadline().isEmpty()) {
      operation.addProperty("x-deadline", policy.getDeadline());
    }
    boolean needsCaller =
        policy.getAuthScopesCount() > 0 || (policy.hasPublic() && !policy.getPublic());
    if (needsCaller) {
      secured = true;
      JsonArray scopes = new JsonArray();
      policy.getAuthScopesList().forEach(scopes::add);
      JsonObject bearer = new JsonObject();
      bearer.add("bearer", scopes);
      JsonArray security = new JsonArray();
      security.add(bearer);
      operation.add("security", security);
    } else if (policy.getPublic()) {
      operation.add("security", new JsonArray());
    }
  }

  /** Returns the path as OpenAPI writes it: a parameter is one segment there. */
  private String path(Route route, JsonArray parameters) {
    HttpPath template = route.path();
    List<String> names = new ArrayList<>();
    StringBuilder shape = new StringBuilder();
    for (int i = 0; i < template.segments().size(); i++) {
      String segment = template.segments().get(i);
      boolean wild = segment.equals(HttpPath.ONE) || segment.equals(HttpPath.REST);
      shape.append('/').append(wild ? "{}" : segment);
      if (wild) {
        names.add(name(template, i));
      }
    }
    String verb = template.verb().isEmpty() ? "" : ":" + template.verb();
    // The same path must not have its parameters under two names.
    List<String> used = shapes.computeIfAbsent(shape + verb, any -> unique(names));
    StringBuilder path = new StringBuilder();
    int at = 0;
    for (int i = 0; i < template.segments().size(); i++) {
      String segment = template.segments().get(i);
      boolean wild = segment.equals(HttpPath.ONE) || segment.equals(HttpPath.REST);
      path.append('/');
      if (!wild) {
        path.append(segment);
        continue;
      }
      String name = used.get(at++);
      path.append('{').append(name).append('}');
      parameters.add(parameter(route, i, name, segment.equals(HttpPath.REST)));
    }
    return (path.length() == 0 ? "/" : path.toString()) + verb;
  }

  private static List<String> unique(List<String> names) {
    Set<String> seen = new HashSet<>();
    List<String> unique = new ArrayList<>();
    for (String name : names) {
      String free = name;
      for (int i = 2; !seen.add(free); i++) {
        free = name + i;
      }
      unique.add(free);
    }
    return unique;
  }

  /** A field, or of a field with several segments the literal before, as in {shelvesId}. */
  private static String name(HttpPath template, int at) {
    for (HttpPath.Variable variable : template.variables()) {
      if (at >= variable.from() && at < variable.to()) {
        if (variable.to() == variable.from() + 1) {
          return variable.field();
        }
        String before = at > 0 ? template.segments().get(at - 1) : "";
        return before.matches("[A-Za-z][A-Za-z0-9_-]*") ? before + "Id" : "part";
      }
    }
    return "any";
  }

  private JsonObject parameter(Route route, int at, String name, boolean rest) {
    JsonObject parameter = new JsonObject();
    parameter.addProperty("name", name);
    parameter.addProperty("in", "path");
    parameter.addProperty("required", true);
    JsonObject schema = OpenApiSchemas.type("string");
    for (HttpPath.Variable variable : route.path().variables()) {
      if (at >= variable.from() && at < variable.to()) {
        FieldDescriptor field = field(route.method().schema().getInputType(), variable.field());
        if (variable.single()) {
          OpenApiSchemas.describe(parameter, comments.of(field));
          schema = schemas.field(field);
        } else {
          parameter.addProperty(
              "description",
              "A part of " + variable.field() + (rest ? ", which may hold slashes" : ""));
        }
      }
    }
    if ("string".equals(schema.has("type") ? schema.get("type").getAsString() : "")
        && !schema.has("format")
        && !schema.has("pattern")) {
      schema.addProperty("minLength", 1);
    }
    parameter.add("schema", schema);
    return parameter;
  }

  private static FieldDescriptor field(Descriptor type, String names) {
    Descriptor level = type;
    FieldDescriptor field = null;
    for (String name : names.split("\\.", -1)) {
      field = level.findFieldByName(name);
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        level = field.getMessageType();
      }
    }
    return java.util.Objects.requireNonNull(field, names);
  }

  private static Set<String> inPath(Route route) {
    return route.path().variables().stream()
        .map(HttpPath.Variable::field)
        .collect(Collectors.toSet());
  }

  private void addQuery(Route route, JsonArray parameters) {
    if (route.wholeBody()) {
      return;
    }
    Set<String> taken = inPath(route);
    FieldDescriptor body = route.body();
    if (body != null) {
      taken.add(body.getName());
    }
    addQuery(route.method().schema().getInputType(), "", "", taken, parameters, new ArrayDeque<>());
  }

  /** Adds the fields of a message, with those of messages within, but not of one within itself. */
  private void addQuery(
      Descriptor type,
      String names,
      String jsonNames,
      Set<String> taken,
      JsonArray parameters,
      Deque<Descriptor> within) {
    if (within.contains(type)) {
      return;
    }
    within.push(type);
    for (FieldDescriptor field : type.getFields()) {
      String name = names + field.getName();
      String jsonName = jsonNames + field.getJsonName();
      boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      boolean textual = message && HttpPath.isTextual(field.getMessageType());
      if (taken.contains(name)
          || field.isMapField()
          || OpenApiSchemas.behavior(field).contains(FieldBehavior.OUTPUT_ONLY)) {
        continue;
      }
      if (!message || (textual && !field.isRepeated())) {
        parameters.add(query(field, jsonName));
      } else if (!field.isRepeated() && !textual) {
        addQuery(field.getMessageType(), name + ".", jsonName + ".", taken, parameters, within);
      }
    }
    within.pop();
  }

  private JsonObject query(FieldDescriptor field, String name) {
    JsonObject parameter = new JsonObject();
    parameter.addProperty("name", name);
    parameter.addProperty("in", "query");
    OpenApiSchemas.describe(parameter, comments.of(field));
    if (!name.contains(".") && OpenApiSchemas.behavior(field).contains(FieldBehavior.REQUIRED)) {
      parameter.addProperty("required", true);
    }
    if (field.getOptions().getDeprecated()) {
      parameter.addProperty("deprecated", true);
    }
    parameter.add("schema", schemas.field(field));
    return parameter;
  }

  private JsonObject body(Route route) {
    MethodDescriptor method = route.method().schema();
    FieldDescriptor field = route.body();
    Descriptor type =
        field == null
            ? method.getInputType()
            : field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isRepeated()
                ? field.getMessageType()
                : null;
    JsonObject body = new JsonObject();
    if (field == null) {
      body.addProperty("required", true);
    } else {
      OpenApiSchemas.describe(body, comments.of(field));
    }
    if (type != null && RequestBuilder.isHttpBody(type)) {
      body.add("content", content("*/*", new JsonObject()));
    } else {
      body.add(
          "content",
          content(
              method.isClientStreaming() ? "application/x-ndjson" : JSON,
              field == null ? whole(route) : schemas.field(field),
              field == null
                  ? wholeExample(route)
                  : type == null ? Examples.field(field) : example(type, true)));
    }
    return body;
  }

  /** The body need not repeat what the path says, not even what is required. */
  private JsonObject whole(Route route) {
    Descriptor type = route.method().schema().getInputType();
    Set<String> names = inPath(route);
    return type.getFields().stream().anyMatch(each -> names.contains(each.getName()))
        ? schemas.without(type, names)
        : schemas.message(type);
  }

  private static JsonElement wholeExample(Route route) {
    Descriptor type = route.method().schema().getInputType();
    JsonElement example = example(type, true);
    if (example.isJsonObject()) {
      for (FieldDescriptor each : type.getFields()) {
        if (inPath(route).contains(each.getName())) {
          example.getAsJsonObject().remove(each.getJsonName());
        }
      }
    }
    return example;
  }

  private JsonObject result(Route route) {
    MethodDescriptor method = route.method().schema();
    FieldDescriptor field = route.responseBody();
    boolean raw =
        field == null
            ? RequestBuilder.isHttpBody(method.getOutputType())
            : !field.isRepeated()
                && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                && RequestBuilder.isHttpBody(field.getMessageType());
    if (raw) {
      return content("*/*", new JsonObject());
    }
    JsonObject schema =
        field == null ? schemas.message(method.getOutputType()) : schemas.field(field);
    if (!method.isServerStreaming()) {
      return content(
          JSON,
          schema,
          field == null ? example(method.getOutputType(), false) : Examples.field(field));
    }
    JsonObject content = content(JSON, OpenApiSchemas.array(schema));
    add(content, "application/x-ndjson", schema.deepCopy());
    add(content, "text/event-stream", OpenApiSchemas.type("string"));
    return content;
  }

  private static JsonObject responses(JsonObject content, String error) {
    JsonObject failed = new JsonObject();
    failed.addProperty("$ref", "#/components/responses/" + error);
    JsonObject responses = new JsonObject();
    responses.add("200", response("The response", content));
    responses.add("default", failed);
    return responses;
  }
}
