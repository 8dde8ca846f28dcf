package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A call that a viewer makes with messages in JSON, of any of the four shapes. */
final class TriedCall {
  private static final System.Logger LOG = System.getLogger("io.fairlead.console.audit");

  /** More responses are not shown: the call is cancelled then. */
  private static final int MAX_RESPONSES = 100;

  private static final double MAX_SECONDS = 60;

  private final Callees callees;
  private final Processes processes;

  TriedCall(Callees callees, Processes processes) {
    this.callees = callees;
    this.processes = processes;
  }

  /** What the viewer sends: requests, and headers of the call. */
  private record Input(List<JsonElement> messages, Map<String, String> headers) {}

  void handle(WebExchange exchange, ViewRequest request) throws IOException {
    var unused = callees.contracts();
    String wanted = request.parameter("instance");
    String address = request.fleet().callAddress(request.instance(wanted));
    Descriptors.MethodDescriptor schema =
        callees.method(address, request.viewer(), request.parameter("method"));
    Duration deadline = deadline(request.parameter("deadline"));
    Input input = input(exchange);
    JsonFormat.TypeRegistry types = types(callees.services(address, request.viewer()));
    List<DynamicMessage> messages = messages(input.messages(), schema, types);
    Channel channel;
    try {
      channel = processes.channel(address, request.viewer(), deadline, input.headers());
    } catch (IllegalArgumentException e) {
      throw new WebException(400, String.valueOf(e.getMessage()));
    }
    LOG.log(Level.INFO, () -> "a viewer calls " + request.parameter("method") + " at " + wanted);
    JsonObject result = run(channel, schema, messages, deadline, types);
    if (exchange.preferred("text/plain", "application/json").equals("text/plain")) {
      StringBuilder text = new StringBuilder();
      result
          .getAsJsonArray("messages")
          .forEach(each -> text.append(TextTable.clean(each.toString())).append('\n'));
      text.append(View.text(result, "status"))
          .append(" after ")
          .append(View.time(result, "took"))
          .append(' ')
          .append(TextTable.clean(result.get("description").getAsString()));
      exchange.respond(200, "text/plain", text.toString().strip() + "\n");
    } else {
      exchange.respond(200, "application/json", result.toString());
    }
  }

  private static Duration deadline(String text) {
    if (text.isEmpty()) {
      return Duration.ofSeconds(5);
    }
    double seconds;
    try {
      seconds = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      seconds = -1;
    }
    if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
      throw new WebException(
          400, "the deadline \"" + text + "\" is not a number of seconds up to 60, such as 2.5");
    }
    return Duration.ofMillis((long) Math.ceil(seconds * 1_000));
  }

  private static Input input(WebExchange exchange) throws IOException {
    try (Reader body = new InputStreamReader(exchange.body(), StandardCharsets.UTF_8)) {
      JsonElement parsed = JsonParser.parseReader(body);
      List<JsonElement> messages = new ArrayList<>();
      Map<String, String> headers = new LinkedHashMap<>();
      if (parsed.isJsonObject()) {
        JsonObject object = parsed.getAsJsonObject();
        if (object.has("messages")) {
          object.getAsJsonArray("messages").forEach(messages::add);
        }
        if (object.has("headers")) {
          object
              .getAsJsonObject("headers")
              .entrySet()
              .forEach(each -> headers.put(each.getKey(), each.getValue().getAsString()));
        }
      } else if (!parsed.isJsonNull()) {
        throw new JsonParseException("it is no object");
      }
      return new Input(messages, headers);
    } catch (JsonParseException
        | IllegalStateException
        | ClassCastException
        | UnsupportedOperationException e) {
      throw new WebException(
          400,
          "the body is not {\"messages\": [...], \"headers\": {\"name\": \"value\"}}: "
              + e.getMessage());
    }
  }

  private static List<DynamicMessage> messages(
      List<JsonElement> given, Descriptors.MethodDescriptor schema, JsonFormat.TypeRegistry types) {
    List<DynamicMessage> messages = new ArrayList<>();
    for (JsonElement each : given) {
      DynamicMessage.Builder message = DynamicMessage.newBuilder(schema.getInputType());
      try {
        JsonFormat.parser().usingTypeRegistry(types).merge(each.toString(), message);
      } catch (InvalidProtocolBufferException e) {
        throw new WebException(
            400,
            "message %d is no %s: %s"
                .formatted(
                    messages.size() + 1, schema.getInputType().getFullName(), e.getMessage()));
      }
      messages.add(message.build());
    }
    if (!schema.isClientStreaming()) {
      if (messages.size() > 1) {
        throw new WebException(
            400, schema.getFullName() + " takes one message, not " + messages.size());
      }
      if (messages.isEmpty()) {
        messages.add(DynamicMessage.getDefaultInstance(schema.getInputType()));
      }
    }
    return messages;
  }

  private static JsonFormat.TypeRegistry types(List<ServiceDescriptor> services) {
    JsonFormat.TypeRegistry.Builder types = JsonFormat.TypeRegistry.newBuilder();
    Set<FileDescriptor> seen = new HashSet<>();
    services.forEach(each -> addTypes(each.getFile(), seen, types));
    return types.build();
  }

  private static void addTypes(
      FileDescriptor file, Set<FileDescriptor> seen, JsonFormat.TypeRegistry.Builder types) {
    if (seen.add(file)) {
      types.add(file.getMessageTypes());
      file.getDependencies().forEach(each -> addTypes(each, seen, types));
    }
  }

  private static JsonObject run(
      Channel channel,
      Descriptors.MethodDescriptor schema,
      List<DynamicMessage> messages,
      Duration deadline,
      JsonFormat.TypeRegistry types) {
    Collector collector = new Collector();
    long begin = System.nanoTime();
    StreamObserver<DynamicMessage> out =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(method(schema), CallOptions.DEFAULT), collector);
    try {
      messages.forEach(out::onNext);
      out.onCompleted();
    } catch (IllegalStateException e) {
      // The call has ended already; the collector has its status.
    }
    Status status = collector.await(deadline.plusSeconds(1));
    JsonObject result = new JsonObject();
    result.addProperty("status", status.getCode().name());
    result.addProperty(
        "description", status.getDescription() == null ? "" : status.getDescription());
    result.addProperty("took", EndpointJson.round((System.nanoTime() - begin) / 1e9));
    JsonFormat.Printer printer =
        JsonFormat.printer().usingTypeRegistry(types).omittingInsignificantWhitespace();
    JsonArray responses = new JsonArray();
    collector.responses().forEach(each -> responses.add(json(each, printer)));
    result.add("messages", responses);
    return result;
  }

  private static JsonElement json(DynamicMessage message, JsonFormat.Printer printer) {
    try {
      return JsonParser.parseString(printer.print(message));
    } catch (InvalidProtocolBufferException e) {
      JsonObject json = new JsonObject();
      json.addProperty(
          "unreadable", "it has an Any of a type that the contract lacks: " + e.getMessage());
      return json;
    }
  }

  private static MethodDescriptor<DynamicMessage, DynamicMessage> method(
      Descriptors.MethodDescriptor schema) {
    MethodType type =
        schema.isClientStreaming()
            ? schema.isServerStreaming() ? MethodType.BIDI_STREAMING : MethodType.CLIENT_STREAMING
            : schema.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY;
    return MethodDescriptor.newBuilder(
            ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(schema.getInputType())),
            ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(schema.getOutputType())))
        .setType(type)
        .setFullMethodName(
            MethodDescriptor.generateFullMethodName(
                schema.getService().getFullName(), schema.getName()))
        .setSchemaDescriptor(new Schema(schema))
        .build();
  }

  /** Shows the contract to the channel, which reads its policies there. */
  private record Schema(Descriptors.MethodDescriptor method)
      implements ProtoMethodDescriptorSupplier {
    @Override
    public Descriptors.MethodDescriptor getMethodDescriptor() {
      return method;
    }

    @Override
    public ServiceDescriptor getServiceDescriptor() {
      return method.getService();
    }

    @Override
    public FileDescriptor getFileDescriptor() {
      return method.getFile();
    }
  }

  /** Takes responses until the call ends, or there are enough. */
  private static final class Collector
      implements ClientResponseObserver<DynamicMessage, DynamicMessage> {
    private final CompletableFuture<Status> end = new CompletableFuture<>();

    /** Guarded by the monitor. */
    private final List<DynamicMessage> responses = new ArrayList<>();

    private volatile Runnable cancel = () -> {};

    @Override
    public void beforeStart(ClientCallStreamObserver<DynamicMessage> out) {
      cancel = () -> out.cancel("the console shows no more", null);
    }

    @Override
    public void onNext(DynamicMessage message) {
      synchronized (this) {
        responses.add(message);
        if (responses.size() < MAX_RESPONSES) {
          return;
        }
      }
      boolean unused =
          end.complete(
              Status.CANCELLED.withDescription(
                  "more than " + MAX_RESPONSES + " responses are not shown"));
      cancel.run();
    }

    @Override
    public void onError(Throwable failure) {
      boolean unused = end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      boolean unused = end.complete(Status.OK);
    }

    synchronized List<DynamicMessage> responses() {
      return List.copyOf(responses);
    }

    Status await(Duration limit) {
      try {
        return end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        cancel.run();
        return Status.DEADLINE_EXCEEDED.withDescription("the call has not ended in time");
      } catch (ExecutionException e) {
        return Status.fromThrowable(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        cancel.run();
        return Status.CANCELLED.withDescription("the console is being closed");
      }
    }
  }
}
