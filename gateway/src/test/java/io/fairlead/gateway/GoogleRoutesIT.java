package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.AnnotationsProto;
import com.google.api.HttpRule;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.server.RpcServer;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Google's own services through a gateway: a request for each binding of each method, made by the
 * rules of google.api.http alone, must arrive as the message that it stands for, and the response
 * must come back as protobuf's own JSON has it.
 */
@Tag("corpus")
class GoogleRoutesIT {
  private static final Pattern VARIABLE = Pattern.compile("\\{([^}=]+)(?:=([^}]+))?}");
  private static final String NASTY = "a b&c=d/ü+%";
  private static final int FEWEST_SERVICES = 300;
  private static final int FEWEST_BINDINGS = 2900;

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicReference<byte[]> arrived = new AtomicReference<>(new byte[0]);
  private final AtomicReference<byte[]> answer = new AtomicReference<>(new byte[0]);
  private final List<String> wrong = new ArrayList<>();
  private int services;
  private int bindings;

  @Test
  void everyBindingBecomesItsRequestAndBack() throws Exception {
    List<FileDescriptor> files = files();
    Server backend = backend();
    try {
      for (FileDescriptor file : files) {
        check(file, backend.getPort());
      }
    } finally {
      backend.shutdownNow();
    }
    System.out.printf("google.api.http: %d services, %d bindings%n", services, bindings);
    assertThat(wrong).isEmpty();
    assertThat(services).isGreaterThanOrEqualTo(FEWEST_SERVICES);
    assertThat(bindings).isGreaterThanOrEqualTo(FEWEST_BINDINGS);
  }

  /** The contracts with services, as the classes of the jars have them. */
  private static List<FileDescriptor> files() throws Exception {
    List<URL> urls = new ArrayList<>();
    Set<String> names = new TreeSet<>();
    try (Stream<Path> jars = Files.list(Path.of("target", "corpus"))) {
      // Those that all share are on the class path, in another version.
      for (Path jar :
          jars.filter(each -> each.toString().endsWith(".jar"))
              .filter(each -> !each.toString().contains("proto-google-common-protos"))
              .sorted()
              .toList()) {
        urls.add(jar.toUri().toURL());
        try (ZipFile zip = new ZipFile(jar.toFile())) {
          zip.stream()
              .map(each -> each.getName())
              .filter(each -> each.matches("[^$]+(Proto|Outer|OuterClass|/Compute)\\.class"))
              .forEach(each -> names.add(each.replace('/', '.').replace(".class", "")));
        }
      }
    }
    List<FileDescriptor> files = new ArrayList<>();
    try (URLClassLoader loader =
        new URLClassLoader(urls.toArray(URL[]::new), GoogleRoutesIT.class.getClassLoader())) {
      for (String name : names) {
        Method descriptor;
        try {
          descriptor = loader.loadClass(name).getMethod("getDescriptor");
        } catch (NoSuchMethodException e) {
          continue;
        }
        if (descriptor.invoke(null) instanceof FileDescriptor file
            && !file.getServices().isEmpty()) {
          files.add(file);
        }
      }
    }
    return files;
  }

  /** A server that takes any method, notes its request and answers what it was told to. */
  private Server backend() throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .fallbackHandlerRegistry(
            new HandlerRegistry() {
              @Override
              public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
                  String method, @Nullable String authority) {
                if (method.startsWith("grpc.health.")) {
                  return null; // The channel of the gateway asks for it, at times of its own.
                }
                return ServerMethodDefinition.create(
                    io.grpc.MethodDescriptor.newBuilder(BYTES, BYTES)
                        .setType(MethodType.UNARY)
                        .setFullMethodName(method)
                        .build(),
                    (call, headers) -> listener(call));
              }
            })
        .build()
        .start();
  }

  private ServerCall.Listener<byte[]> listener(ServerCall<byte[], byte[]> call) {
    call.request(2);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(byte[] message) {
        arrived.set(message);
      }

      @Override
      public void onHalfClose() {
        call.sendHeaders(new Metadata());
        call.sendMessage(answer.get());
        call.close(Status.OK, new Metadata());
      }
    };
  }

  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** One file at a time: Google's services have hosts of their own, and share paths. */
  private void check(FileDescriptor file, int backend) throws Exception {
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    add(file, set, new TreeSet<>());
    Path descriptors = folder.resolve("one.pb");
    Files.write(descriptors, set.build().toByteArray());
    try (RpcServer gateway =
        RpcServer.builder("google")
            .host("127.0.0.1")
            .gateway(Gateway.proxy("127.0.0.1:" + backend, Contracts.descriptorSet(descriptors)))
            .start()) {
      for (ServiceDescriptor service : file.getServices()) {
        int before = bindings;
        for (MethodDescriptor method : service.getMethods()) {
          if (!method.isClientStreaming() && !method.isServerStreaming()) {
            check(method, gateway.port());
          }
        }
        services += bindings > before ? 1 : 0;
      }
    }
  }

  private static void add(FileDescriptor file, FileDescriptorSet.Builder set, Set<String> seen) {
    if (seen.add(file.getName())) {
      file.getDependencies().forEach(each -> add(each, set, seen));
      set.addFile(file.toProto());
    }
  }

  private void check(MethodDescriptor method, int port) throws Exception {
    HttpRule rule = method.getOptions().getExtension(AnnotationsProto.http);
    List<HttpRule> rules = new ArrayList<>(rule.getAdditionalBindingsList());
    rules.add(0, rule);
    for (HttpRule each : rules) {
      // Firestore's paths of documents and of collections match the same texts; nothing says which
      // of the two is meant.
      boolean ambiguous = path(each).contains("documents/*/**}/{collection_id}");
      if (each.getPatternCase() != HttpRule.PatternCase.PATTERN_NOT_SET && !ambiguous) {
        bindings++;
        String mistake = check(method, each, port);
        if (mistake != null) {
          wrong.add(method.getFullName() + " " + each.toString().replace('\n', ' ') + mistake);
        }
      }
    }
  }

  /** Returns what is wrong; null if nothing is. */
  private @Nullable String check(MethodDescriptor method, HttpRule rule, int port)
      throws Exception {
    DynamicMessage.Builder expected = DynamicMessage.newBuilder(method.getInputType());
    StringBuilder url = new StringBuilder();
    Matcher variables = VARIABLE.matcher(path(rule));
    Set<String> named = new TreeSet<>();
    while (variables.find()) {
      String pattern = variables.group(2) == null ? "*" : variables.group(2);
      boolean single = pattern.equals("*");
      String value = pattern.replace("**", "x/y").replace("*", single ? NASTY : "v 1");
      named.add(variables.group(1));
      Object field = set(expected, variables.group(1), value);
      variables.appendReplacement(
          url,
          Matcher.quoteReplacement(
              field instanceof String ? escaped(value, single) : String.valueOf(field)));
    }
    variables.appendTail(url);
    String body = "";
    Object sentBody = null;
    if (rule.getBody().equals("*")) {
      DynamicMessage.Builder sent = DynamicMessage.newBuilder(method.getInputType());
      Values.fill(sent, 2);
      body = JsonFormat.printer().print(sent);
      Message path = expected.build();
      expected.clear().mergeFrom(sent.build());
      for (String each : named) {
        copy(path, expected, each);
      }
    } else {
      if (!rule.getBody().isEmpty()) {
        FieldDescriptor field = method.getInputType().findFieldByName(rule.getBody());
        DynamicMessage.Builder sent = DynamicMessage.newBuilder(method.getInputType());
        Values.set(sent, field, 3);
        body =
            JsonParser.parseString(JsonFormat.printer().print(sent))
                .getAsJsonObject()
                .get(field.getJsonName())
                .toString();
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && field.getMessageType().getFullName().equals("google.api.HttpBody")) {
          body = "any bytes";
          sent.setField(field, bytes(field.getMessageType(), body));
        }
        sentBody = sent.getField(field);
        Message path = expected.build();
        expected.setField(field, sentBody);
        for (String each : named) {
          copy(path, expected, each);
        }
      }
      url.append(query(expected, rule.getBody(), named));
      if (rule.getPatternCase() == HttpRule.PatternCase.PATCH && !rule.getBody().isEmpty()) {
        mask(expected, Objects.requireNonNull(sentBody));
      }
    }
    DynamicMessage.Builder response = DynamicMessage.newBuilder(method.getOutputType());
    Values.fill(response, 2);
    answer.set(response.build().toByteArray());
    arrived.set(new byte[0]);
    String verb = rule.hasCustom() ? rule.getCustom().getKind() : rule.getPatternCase().name();
    HttpResponse<String> got =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + url))
                .header("content-type", "application/json")
                .method(verb, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString(UTF_8));
    if (got.statusCode() != 200) {
      return " -> " + url + " " + body + ": " + got.statusCode() + " " + got.body();
    }
    Message request = DynamicMessage.parseFrom(method.getInputType(), arrived.get());
    if (!request.equals(expected.build())) {
      return " -> " + url + ": arrived " + request + ", expected " + expected.build();
    }
    if (rule.getResponseBody().isEmpty()
        && !method.getOutputType().getFullName().equals("google.api.HttpBody")) {
      DynamicMessage.Builder back = DynamicMessage.newBuilder(method.getOutputType());
      JsonFormat.parser().merge(got.body(), back);
      if (!back.build().equals(response.build())) {
        return " -> " + url + ": came back as " + got.body();
      }
    }
    return null;
  }

  /** A body of this type is taken as it is. */
  private static Message bytes(Descriptor type, String body) {
    return DynamicMessage.newBuilder(type)
        .setField(type.findFieldByName("content_type"), "application/json")
        .setField(type.findFieldByName("data"), ByteString.copyFromUtf8(body))
        .build();
  }

  private static String path(HttpRule rule) {
    return switch (rule.getPatternCase()) {
      case GET -> rule.getGet();
      case PUT -> rule.getPut();
      case POST -> rule.getPost();
      case DELETE -> rule.getDelete();
      case PATCH -> rule.getPatch();
      case CUSTOM -> rule.getCustom().getPath();
      case PATTERN_NOT_SET -> "";
    };
  }

  private static String escaped(String text, boolean single) {
    String escaped = URLEncoder.encode(text, UTF_8).replace("+", "%20");
    return single ? escaped : escaped.replace("%2F", "/");
  }

  /** Sets the field that dotted names lead to, and returns its value. */
  private static Object set(Message.Builder message, String names, String text) {
    int dot = names.indexOf('.');
    FieldDescriptor field =
        message.getDescriptorForType().findFieldByName(dot < 0 ? names : names.substring(0, dot));
    if (dot >= 0) {
      Message.Builder inner = ((Message) message.getField(field)).toBuilder();
      Object value = set(inner, names.substring(dot + 1), text);
      message.setField(field, inner.build());
      return value;
    }
    Object value =
        field.getJavaType() == FieldDescriptor.JavaType.STRING ? text : Values.of(field, 0);
    message.setField(field, value);
    return value instanceof com.google.protobuf.Descriptors.EnumValueDescriptor name
        ? name.getName()
        : value;
  }

  private static void copy(Message from, Message.Builder to, String names) {
    int dot = names.indexOf('.');
    FieldDescriptor field =
        to.getDescriptorForType().findFieldByName(dot < 0 ? names : names.substring(0, dot));
    if (dot < 0) {
      to.setField(field, from.getField(field));
    } else {
      Message.Builder inner = ((Message) to.getField(field)).toBuilder();
      copy((Message) from.getField(field), inner, names.substring(dot + 1));
      to.setField(field, inner.build());
    }
  }

  /** The fields that the body has are those to change, as the caller names none. */
  private static void mask(Message.Builder expected, Object body) {
    List<FieldDescriptor> masks =
        expected.getDescriptorForType().getFields().stream()
            .filter(
                field -> !field.isRepeated() && typeName(field).equals("google.protobuf.FieldMask"))
            .toList();
    if (masks.size() == 1
        && !expected.hasField(masks.get(0))
        && body instanceof Message changed
        && !isOfProtobuf(changed.getDescriptorForType())
        && !changed.getDescriptorForType().getFullName().equals("google.api.HttpBody")) {
      FieldDescriptor paths =
          Objects.requireNonNull(masks.get(0).getMessageType().findFieldByName("paths"));
      Message.Builder mask = expected.newBuilderForField(masks.get(0));
      leaves("", changed).forEach(leaf -> mask.addRepeatedField(paths, leaf));
      expected.setField(masks.get(0), mask.build());
    }
  }

  private static List<String> leaves(String before, Message message) {
    List<String> leaves = new ArrayList<>();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              String name = before + field.getName();
              if (!field.isRepeated()
                  && value instanceof Message inner
                  && !isOfProtobuf(inner.getDescriptorForType())
                  && !inner.getAllFields().isEmpty()) {
                leaves.addAll(leaves(name + ".", inner));
              } else {
                leaves.add(name);
              }
            });
    return leaves;
  }

  private static String typeName(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        ? field.getMessageType().getFullName()
        : "";
  }

  private static boolean isOfProtobuf(Descriptor type) {
    return type.getFile().getPackage().equals("google.protobuf");
  }

  private static String query(Message.Builder expected, String body, Set<String> named) {
    StringBuilder query = new StringBuilder();
    for (FieldDescriptor field : expected.getDescriptorForType().getFields()) {
      if (field.getName().equals(body)
          || named.stream().anyMatch(each -> each.split("\\.", -1)[0].equals(field.getName()))
          || field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
          || (field.getContainingOneof() != null
              && expected.hasOneof(field.getContainingOneof()))) {
        continue;
      }
      Object value = Values.of(field, 0);
      if (field.isRepeated()) {
        expected.addRepeatedField(field, value);
        expected.addRepeatedField(field, value);
        query.append(parameter(query, field, value));
      } else {
        expected.setField(field, value);
      }
      query.append(parameter(query, field, value));
    }
    return query.toString();
  }

  private static String parameter(StringBuilder before, FieldDescriptor field, Object value) {
    String text =
        value instanceof ByteString bytes
            ? java.util.Base64.getEncoder().encodeToString(bytes.toByteArray())
            : value instanceof com.google.protobuf.Descriptors.EnumValueDescriptor name
                ? name.getName()
                : value.toString();
    // Both names of a field are right.
    String name = field.getNumber() % 2 == 0 ? field.getName() : field.getJsonName();
    return (before.length() == 0 ? "?" : "&") + name + "=" + URLEncoder.encode(text, UTF_8);
  }

  /** Values for fields of all types. */
  private static final class Values {
    private Values() {}

    /** Sets every field, one of each oneof, with messages within to this depth. */
    static void fill(Message.Builder message, int depth) {
      for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
        if (field.getContainingOneof() == null || !message.hasOneof(field.getContainingOneof())) {
          set(message, field, depth);
        }
      }
    }

    static void set(Message.Builder message, FieldDescriptor field, int depth) {
      if (field.isMapField() || (message(field) && depth == 0)) {
        return;
      }
      if (field.isRepeated()) {
        message.addRepeatedField(field, of(field, depth));
      } else {
        message.setField(field, of(field, depth));
      }
    }

    private static boolean message(FieldDescriptor field) {
      return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    }

    static Object of(FieldDescriptor field, int depth) {
      return switch (field.getJavaType()) {
        case INT -> 7;
        case LONG -> 1L << 53;
        case FLOAT -> 1.5f;
        case DOUBLE -> -2.25;
        case BOOLEAN -> true;
        case STRING -> NASTY;
        case BYTE_STRING -> ByteString.copyFromUtf8("\u00ff\u00fe?");
        case ENUM ->
            field.getEnumType().getValues().get(field.getEnumType().getValues().size() - 1);
        case MESSAGE -> inner(field.getMessageType(), depth);
      };
    }

    private static Message inner(Descriptor type, int depth) {
      DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
      switch (type.getFullName()) {
        case "google.protobuf.Any",
            "google.protobuf.Struct",
            "google.protobuf.Empty",
            "google.protobuf.ListValue" -> {}
        case "google.protobuf.Timestamp", "google.protobuf.Duration" -> {
          message.setField(type.findFieldByName("seconds"), 1_000L);
          message.setField(type.findFieldByName("nanos"), 7);
        }
        case "google.protobuf.Value" -> message.setField(type.findFieldByName("bool_value"), true);
        case "google.protobuf.FieldMask" ->
            message.addRepeatedField(type.findFieldByName("paths"), "some_field.other");
        default -> fill(message, depth - 1);
      }
      return message.build();
    }
  }
}
