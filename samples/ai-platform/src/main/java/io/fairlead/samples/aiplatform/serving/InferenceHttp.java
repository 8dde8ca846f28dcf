package io.fairlead.samples.aiplatform.serving;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import io.fairlead.RpcException;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import io.fairlead.samples.aiplatform.api.inference.InferParameter;
import io.fairlead.samples.aiplatform.api.inference.InferTensorContents;
import io.fairlead.samples.aiplatform.api.inference.ModelInferRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelInferResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelMetadataResponse;
import io.fairlead.samples.aiplatform.api.inference.ModelReadyRequest;
import io.fairlead.samples.aiplatform.api.inference.ModelReadyResponse;
import io.fairlead.samples.aiplatform.api.inference.ServerMetadataRequest;
import io.fairlead.samples.aiplatform.common.Floats;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol over HTTP: JSON, and its extension of tensors as bytes behind the
 * JSON. It makes messages of the protocol over gRPC, so both have the same rules and the same
 * batches.
 */
final class InferenceHttp implements WebHandler {
  /** Says how many bytes of a body are JSON, where tensors come behind it. */
  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private static final Pattern MODEL =
      Pattern.compile("/models/([^/]+)(?:/versions/([^/]+))?(/ready|/infer)?");
  private static final long LONGEST_SECONDS = 30;

  private final InferenceService service;

  InferenceHttp(InferenceService service) {
    this.service = service;
  }

  @Override
  public void handle(WebExchange exchange) throws IOException {
    try {
      route(exchange);
    } catch (StatusRuntimeException e) {
      fail(exchange, e.getStatus());
    } catch (WebException e) {
      error(exchange, e.status(), e.getMessage());
    }
  }

  private void route(WebExchange exchange) throws IOException {
    String path = exchange.path();
    if (path.equals("/")) {
      exchange.allow("GET");
      answer(exchange, serverMetadata());
      return;
    }
    if (path.equals("/health/live") || path.equals("/health/ready")) {
      exchange.allow("GET");
      JsonObject health = new JsonObject();
      // It is called only once its model is loaded.
      health.addProperty(path.substring("/health/".length()), true);
      answer(exchange, health);
      return;
    }
    Matcher model = MODEL.matcher(path);
    if (!model.matches()) {
      throw new WebException(
          404, "/v2" + path + " is not a path of the Open Inference Protocol, version 2");
    }
    String name = model.group(1);
    String version = model.group(2) == null ? "" : model.group(2);
    if (model.group(3) == null) {
      exchange.allow("GET");
      answer(exchange, metadata(name, version));
    } else if (model.group(3).equals("/ready")) {
      exchange.allow("GET");
      answer(exchange, ready(name, version));
    } else {
      exchange.allow("POST");
      infer(exchange, name, version);
    }
  }

  private JsonObject serverMetadata() {
    JsonObject server = new JsonObject();
    server.addProperty(
        "name",
        await(service.serverMetadata(ServerMetadataRequest.getDefaultInstance())).getName());
    server.addProperty("version", "1");
    JsonArray extensions = new JsonArray();
    extensions.add("binary_tensor_data");
    server.add("extensions", extensions);
    return server;
  }

  private JsonObject metadata(String name, String version) {
    ModelMetadataResponse metadata =
        await(
            service.modelMetadata(
                ModelMetadataRequest.newBuilder().setName(name).setVersion(version).build()));
    JsonObject model = new JsonObject();
    model.addProperty("name", metadata.getName());
    JsonArray versions = new JsonArray();
    metadata.getVersionsList().forEach(versions::add);
    model.add("versions", versions);
    model.addProperty("platform", metadata.getPlatform());
    model.add("inputs", tensors(metadata.getInputsList()));
    model.add("outputs", tensors(metadata.getOutputsList()));
    return model;
  }

  private static JsonArray tensors(List<ModelMetadataResponse.TensorMetadata> tensors) {
    JsonArray all = new JsonArray();
    for (ModelMetadataResponse.TensorMetadata tensor : tensors) {
      JsonObject each = new JsonObject();
      each.addProperty("name", tensor.getName());
      each.addProperty("datatype", tensor.getDatatype());
      each.add("shape", shape(tensor.getShapeList()));
      all.add(each);
    }
    return all;
  }

  private static JsonArray shape(List<Long> dimensions) {
    JsonArray shape = new JsonArray();
    dimensions.forEach(shape::add);
    return shape;
  }

  private JsonObject ready(String name, String version) {
    ModelReadyResponse ready =
        await(
            service.modelReady(
                ModelReadyRequest.newBuilder().setName(name).setVersion(version).build()));
    JsonObject model = new JsonObject();
    model.addProperty("name", name);
    model.addProperty("ready", ready.getReady());
    return model;
  }

  private void infer(WebExchange exchange, String name, String version) throws IOException {
    byte[] body = exchange.body().readAllBytes();
    int length = jsonLength(exchange, body.length);
    ModelInferRequest request;
    boolean binary;
    try {
      JsonObject json =
          JsonParser.parseString(new String(body, 0, length, StandardCharsets.UTF_8))
              .getAsJsonObject();
      request =
          request(json, name, version, ByteString.copyFrom(body, length, body.length - length));
      binary = wantsBytes(json);
    } catch (JsonParseException
        | IllegalStateException
        | NumberFormatException
        | UnsupportedOperationException e) {
      throw new WebException(400, "the request is not JSON of the protocol: " + e.getMessage());
    }
    respond(exchange, await(service.modelInfer(request)), binary);
  }

  private static int jsonLength(WebExchange exchange, int bodyLength) {
    String given = exchange.header(JSON_LENGTH).orElse("");
    if (given.isEmpty()) {
      return bodyLength;
    }
    try {
      int length = Integer.parseInt(given);
      if (length >= 0 && length <= bodyLength) {
        return length;
      }
    } catch (NumberFormatException e) {
      // Refused below, as one that is out of range.
    }
    throw new WebException(
        400, JSON_LENGTH + " is \"" + given + "\", and the body has " + bodyLength + " bytes");
  }

  private static ModelInferRequest request(
      JsonObject json, String name, String version, ByteString behind) {
    ModelInferRequest.Builder request =
        ModelInferRequest.newBuilder().setModelName(name).setModelVersion(version);
    if (json.has("id")) {
      request.setId(json.get("id").getAsString());
    }
    JsonElement priority = object(json, "parameters").get("priority");
    if (priority != null) {
      request.putParameters(
          "priority", InferParameter.newBuilder().setInt64Param(priority.getAsLong()).build());
    }
    if (!json.has("inputs")) {
      throw new WebException(400, "the request has no inputs");
    }
    int from = 0;
    for (JsonElement element : json.getAsJsonArray("inputs")) {
      JsonObject input = element.getAsJsonObject();
      ModelInferRequest.InferInputTensor.Builder tensor =
          ModelInferRequest.InferInputTensor.newBuilder()
              .setName(text(input, "name"))
              .setDatatype(text(input, "datatype"));
      if (!input.has("shape")) {
        throw new WebException(400, "an input has no shape");
      }
      input.getAsJsonArray("shape").forEach(size -> tensor.addShape(size.getAsLong()));
      JsonElement size = object(input, "parameters").get("binary_data_size");
      if (size != null) {
        int to = Math.addExact(from, size.getAsInt());
        if (to < from || to > behind.size()) {
          throw new WebException(
              400,
              "binary_data_size is "
                  + size
                  + ", and "
                  + (behind.size() - from)
                  + " bytes are left behind the JSON");
        }
        request.addRawInputContents(behind.substring(from, to));
        from = to;
      } else if (input.has("data")) {
        List<Float> values = new ArrayList<>();
        flatten(input.get("data"), values);
        tensor.setContents(InferTensorContents.newBuilder().addAllFp32Contents(values));
      }
      request.addInputs(tensor);
    }
    if (from != behind.size()) {
      throw new WebException(
          400, (behind.size() - from) + " bytes behind the JSON belong to no input");
    }
    return request.build();
  }

  private static String text(JsonObject json, String field) {
    return json.has(field) ? json.get(field).getAsString() : "";
  }

  private static JsonObject object(JsonObject json, String field) {
    return json.has(field) && json.get(field).isJsonObject()
        ? json.getAsJsonObject(field)
        : new JsonObject();
  }

  /** Values may be nested as the shape is, or flat. */
  private static void flatten(JsonElement data, List<Float> values) {
    if (data.isJsonArray()) {
      data.getAsJsonArray().forEach(each -> flatten(each, values));
    } else {
      values.add(data.getAsFloat());
    }
  }

  /** Whether the caller takes tensors as bytes: it says so for all of them, or for the one. */
  private static boolean wantsBytes(JsonObject json) {
    boolean bytes = isTrue(object(json, "parameters").get("binary_data_output"));
    if (json.has("outputs") && json.get("outputs").isJsonArray()) {
      for (JsonElement output : json.getAsJsonArray("outputs")) {
        JsonElement own = object(output.getAsJsonObject(), "parameters").get("binary_data");
        bytes = own == null ? bytes : isTrue(own);
      }
    }
    return bytes;
  }

  private static boolean isTrue(@Nullable JsonElement element) {
    return element instanceof JsonPrimitive value && value.isBoolean() && value.getAsBoolean();
  }

  private static void respond(WebExchange exchange, ModelInferResponse response, boolean binary)
      throws IOException {
    ModelInferResponse.InferOutputTensor output = response.getOutputs(0);
    ByteString raw =
        response.getRawOutputContentsCount() > 0
            ? response.getRawOutputContents(0)
            : Floats.toBytes(Floats.of(output.getContents().getFp32ContentsList()));
    JsonObject tensor = new JsonObject();
    tensor.addProperty("name", output.getName());
    tensor.addProperty("datatype", output.getDatatype());
    tensor.add("shape", shape(output.getShapeList()));
    if (binary) {
      JsonObject parameters = new JsonObject();
      parameters.addProperty("binary_data_size", raw.size());
      tensor.add("parameters", parameters);
    } else {
      JsonArray data = new JsonArray();
      for (float value : Floats.of(raw)) {
        data.add(value);
      }
      tensor.add("data", data);
    }
    JsonArray outputs = new JsonArray();
    outputs.add(tensor);
    JsonObject json = new JsonObject();
    json.addProperty("model_name", response.getModelName());
    json.addProperty("model_version", response.getModelVersion());
    json.addProperty("id", response.getId());
    json.add("parameters", parameters(response));
    json.add("outputs", outputs);
    if (!binary) {
      answer(exchange, json);
      return;
    }
    byte[] head = json.toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream body = new ByteArrayOutputStream(head.length + raw.size());
    body.write(head);
    raw.writeTo(body);
    exchange.setHeader(JSON_LENGTH, Integer.toString(head.length));
    exchange.respond(200, "application/octet-stream", body.toByteArray());
  }

  private static JsonObject parameters(ModelInferResponse response) {
    JsonObject parameters = new JsonObject();
    response
        .getParametersMap()
        .forEach(
            (name, value) -> {
              if (value.hasStringParam()) {
                parameters.addProperty(name, value.getStringParam());
              } else {
                parameters.addProperty(name, value.getInt64Param());
              }
            });
    return parameters;
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StatusRuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw RpcException.answer(
          Status.Code.DEADLINE_EXCEEDED, "no answer after " + LONGEST_SECONDS + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RpcException.answer(Status.Code.UNAVAILABLE, "the model server ends");
    }
  }

  private static void fail(WebExchange exchange, Status status) throws IOException {
    int code =
        switch (status.getCode()) {
          case INVALID_ARGUMENT -> 400;
          case NOT_FOUND -> 404;
          case RESOURCE_EXHAUSTED -> 429;
          case UNAVAILABLE -> 503;
          case DEADLINE_EXCEEDED -> 504;
          default -> 500;
        };
    error(exchange, code, status.getDescription());
  }

  private static void error(WebExchange exchange, int code, @Nullable String why)
      throws IOException {
    JsonObject json = new JsonObject();
    json.addProperty("error", why);
    exchange.respond(code, "application/json", json.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void answer(WebExchange exchange, JsonObject json) throws IOException {
    exchange.respond(200, "application/json", json.toString().getBytes(StandardCharsets.UTF_8));
  }
}
