package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The OpenAPI document of a server. A validator of others reads it in the interop tests. */
class OpenApiTest {
  private static final String GOLDEN = "openapi.golden.json";
  private static final Pattern PARAMETER = Pattern.compile("\\{([^}]*)}");
  private static final GatewayFixture LIBRARY = new GatewayFixture();

  @AfterAll
  static void close() {
    LIBRARY.close();
  }

  private static String document() throws Exception {
    HttpResponse<String> response = LIBRARY.get("/openapi.json");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    return response.body();
  }

  /** Accept a change with {@code -Dgolden.update}. */
  @Test
  void theDocumentIsAsItWas() throws Exception {
    String document = document() + "\n";
    if (System.getProperty("golden.update") != null) {
      Files.writeString(Path.of("src/test/resources", GOLDEN), document);
    }
    try (InputStream in = OpenApiTest.class.getResourceAsStream("/" + GOLDEN)) {
      assertThat(document)
          .isEqualTo(new String(Objects.requireNonNull(in, GOLDEN).readAllBytes(), UTF_8));
    }
  }

  @Test
  void everyReferenceLeadsSomewhere() throws Exception {
    JsonObject document = JsonParser.parseString(document()).getAsJsonObject();
    List<String> references = new ArrayList<>();
    collect(document, references);
    assertThat(references).hasSizeGreaterThan(10);
    for (String reference : references) {
      JsonElement at = document;
      for (String name : reference.substring(2).split("/", -1)) {
        at = at.getAsJsonObject().get(name);
        assertThat(at).as(reference).isNotNull();
      }
    }
  }

  private static void collect(JsonElement element, List<String> references) {
    if (element instanceof JsonObject object) {
      if (object.has("$ref")) {
        references.add(object.get("$ref").getAsString());
      }
      object.entrySet().forEach(each -> collect(each.getValue(), references));
    } else if (element instanceof JsonArray array) {
      array.forEach(each -> collect(each, references));
    }
  }

  @Test
  void everyParameterOfAPathIsDescribedAndEveryOperationHasItsName() throws Exception {
    JsonObject paths =
        JsonParser.parseString(document()).getAsJsonObject().getAsJsonObject("paths");
    Set<String> ids = new HashSet<>();
    for (String path : paths.keySet()) {
      for (var operation : paths.getAsJsonObject(path).entrySet()) {
        JsonObject value = operation.getValue().getAsJsonObject();
        assertThat(ids.add(value.get("operationId").getAsString())).as(path).isTrue();
        Set<String> described = new HashSet<>();
        if (value.has("parameters")) {
          for (JsonElement each : value.getAsJsonArray("parameters")) {
            JsonObject parameter = each.getAsJsonObject();
            if (parameter.get("in").getAsString().equals("path")) {
              described.add(parameter.get("name").getAsString());
            }
          }
        }
        Set<String> named = new HashSet<>();
        PARAMETER.matcher(path).results().forEach(each -> named.add(each.group(1)));
        assertThat(described).as(path).isEqualTo(named);
      }
    }
    assertThat(ids).contains("gateway.v1.Library.GetBook", "gateway.v1.Library.GetBook_2");
  }

  @Test
  void aServerCanKeepItsDocumentToItself() throws Exception {
    try (GatewayFixture silent =
        new GatewayFixture(Gateway.builder().openApi(false).build(), server -> server)) {
      assertThat(silent.get("/openapi.json").statusCode()).isEqualTo(404);
    }
  }
}
