package io.fairlead.samples.aiplatform.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.fairlead.gateway.Gateway;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.common.Floats;
import io.fairlead.server.RpcServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InferenceHttpTest {
  private static final String LENGTH = "Inference-Header-Content-Length";

  private final Batcher batcher =
      new Batcher(rows -> rows, new BatchQueue(8, Duration.ZERO, 100, Duration.ofSeconds(10)));
  private final InferenceService service =
      new InferenceService("model-1", "cpu", "echo", "3", 2, 2, batcher);
  private final RpcServer server =
      RpcServer.builder("models")
          .port(0)
          .service(GRPCInferenceServiceRpc.bindAsync(service))
          .gateway(Gateway.builder().handler("/v2", new InferenceHttp(service)).build())
          .start();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    server.close();
    batcher.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  private JsonObject get(int status, String path) throws Exception {
    HttpResponse<String> response = http.send(request(path).build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  private JsonObject infer(int status, String path, String json) throws Exception {
    HttpResponse<String> response =
        http.send(
            request(path).POST(BodyPublishers.ofString(json)).build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  private static String input(String shape, String data) {
    return "{\"id\":\"7\",\"inputs\":[{\"name\":\"features\",\"datatype\":\"FP32\",\"shape\":"
        + shape
        + ",\"data\":"
        + data
        + "}]}";
  }

  @Test
  void aServerDescribesItselfAndItsModel() throws Exception {
    assertThat(get(200, "/v2").get("name").getAsString()).isEqualTo("model-1");
    assertThat(get(200, "/v2/health/live").get("live").getAsBoolean()).isTrue();
    assertThat(get(200, "/v2/health/ready").get("ready").getAsBoolean()).isTrue();
    assertThat(get(200, "/v2/models/echo/ready").get("ready").getAsBoolean()).isTrue();
    JsonObject model = get(200, "/v2/models/echo/versions/3");
    assertThat(model.getAsJsonArray("versions").get(0).getAsString()).isEqualTo("3");
    assertThat(model.getAsJsonArray("inputs").get(0).toString())
        .isEqualTo("{\"name\":\"features\",\"datatype\":\"FP32\",\"shape\":[-1,2]}");
  }

  @Test
  void valuesOfJsonAreAnsweredAsJsonFlatOrNested() throws Exception {
    for (String data : new String[] {"[1,2,3.5,4]", "[[1,2],[3.5,4]]"}) {
      JsonObject answer = infer(200, "/v2/models/echo/infer", input("[2,2]", data));
      assertThat(answer.get("id").getAsString()).isEqualTo("7");
      assertThat(answer.get("model_version").getAsString()).isEqualTo("3");
      JsonObject output = answer.getAsJsonArray("outputs").get(0).getAsJsonObject();
      assertThat(output.get("shape").toString()).isEqualTo("[2,2]");
      assertThat(output.get("data").toString()).isEqualTo("[1.0,2.0,3.5,4.0]");
    }
  }

  @Test
  void tensorsBehindTheJsonAreAnsweredInTheSameWay() throws Exception {
    byte[] json =
        ("{\"inputs\":[{\"name\":\"features\",\"datatype\":\"FP32\",\"shape\":[1,2],"
                + "\"parameters\":{\"binary_data_size\":8}}],"
                + "\"parameters\":{\"binary_data_output\":true}}")
            .getBytes(StandardCharsets.UTF_8);
    byte[] body =
        ByteString.copyFrom(json).concat(Floats.toBytes(new float[] {0.25f, -1})).toByteArray();
    HttpResponse<byte[]> response =
        http.send(
            request("/v2/models/echo/versions/3/infer")
                .header(LENGTH, Integer.toString(json.length))
                .POST(BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    int length = Integer.parseInt(response.headers().firstValue(LENGTH).orElseThrow());
    ByteString answer = ByteString.copyFrom(response.body());
    assertThat(Floats.of(answer.substring(length))).containsExactly(0.25f, -1);
    assertThat(answer.substring(0, length).toStringUtf8()).contains("\"binary_data_size\":8");
  }

  @Test
  void whatCannotBeRunIsRefusedAsJson() throws Exception {
    String good = input("[1,2]", "[1,2]");
    assertThat(error(404, "/v2/models/letters/infer", good)).contains("letters");
    assertThat(error(404, "/v2/models/echo/versions/9/infer", good)).contains("version 9");
    assertThat(error(404, "/v2/modells", good)).contains("/v2/modells is not a path");
    assertThat(error(400, "/v2/models/echo/infer", input("[1,3]", "[1,2,3]")))
        .isEqualTo("the shape is [1, 3], and the model takes [n, 2]");
    assertThat(error(400, "/v2/models/echo/infer", input("[2,2]", "[1,2]"))).contains("2 values");
    assertThat(error(400, "/v2/models/echo/infer", input("[1,2]", "[1,\"two\"]")))
        .contains("not JSON of the protocol");
    assertThat(error(400, "/v2/models/echo/infer", "{")).contains("not JSON of the protocol");
    assertThat(error(400, "/v2/models/echo/infer", "{}")).contains("no inputs");
    assertThat(error(400, "/v2/models/echo/infer", good.replace("\"data\"", "\"x\"")))
        .contains("0 values");
    HttpResponse<String> response =
        http.send(
            request("/v2/models/echo/infer")
                .header(LENGTH, "99999")
                .POST(BodyPublishers.ofString(good))
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains(LENGTH + " is ");
    assertThat(get(405, "/v2/models/echo/infer").get("error").getAsString()).contains("POST");
  }

  private String error(int status, String path, String json) throws Exception {
    return infer(status, path, json).get("error").getAsString();
  }
}
