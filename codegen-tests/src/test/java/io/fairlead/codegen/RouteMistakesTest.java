package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Routes of google.api.http that cannot be: what the warning says, where, and with which advice.
 */
class RouteMistakesTest {
  private static final String HTTP =
      """
      syntax = "proto3";
      package google.api;
      import "google/protobuf/descriptor.proto";
      message CustomHttpPattern { string kind = 1; string path = 2; }
      message HttpRule {
        string selector = 1;
        oneof pattern {
          string get = 2;
          string put = 3;
          string post = 4;
          string delete = 5;
          string patch = 6;
          CustomHttpPattern custom = 8;
        }
        string body = 7;
        string response_body = 12;
        repeated HttpRule additional_bindings = 11;
      }
      extend google.protobuf.MethodOptions { HttpRule http = 72295728; }
      """;

  @TempDir Path folder;

  private List<String> mistakes(String text) {
    Project project = project(text);
    assertThat(project.response().getError()).as("stubs do not use routes").isEmpty();
    return project.warnings("").stream().map(each -> each.replace(": warning: ", ": ")).toList();
  }

  private Project project(String text) {
    return new Project(folder)
        .file("google/api/annotations.proto", HTTP)
        .file(
            "test.proto",
            """
            syntax = "proto3";
            package shop;
            import "google/api/annotations.proto";
            import "google/protobuf/timestamp.proto";
            message Q {
              string sku = 1;
              repeated string tags = 2;
              map<string, string> labels = 3;
              Q nested = 4;
              google.protobuf.Timestamp since = 5;
            }
            service S {
            """
                + text
                + "}\n");
  }

  /** Mistakes of a rule that stands on line 14. */
  private List<String> rule(String rule) {
    return rule("rpc A(Q) returns (Q)", rule);
  }

  private static String method(String rpc, String rule) {
    return "  " + rpc + " {\n    option (google.api.http) = { " + rule + " };\n  }\n";
  }

  private List<String> rule(String rpc, String rule) {
    return mistakes(method(rpc, rule)).stream()
        .map(
            line -> {
              assertThat(line).matches("test\\.proto:14:\\d+: rpc S\\.A: google\\.api\\.http: .*");
              return line.substring(line.indexOf("http: ") + 6);
            })
        .toList();
  }

  @Test
  void routesThatAreRight() {
    Project right =
        project(
            method(
                "rpc A(Q) returns (Q)",
                "get: \"/v1/{nested.sku=a/*/**}/{since}:read\" additional_bindings { patch: \"/\""
                    + " body: \"nested\" response_body: \"tags\" } additional_bindings { custom {"
                    + " kind: \"LOCK\" path: \"/{sku}\" } body: \"*\" }"));
    assertThat(right.response().getError()).isEmpty();
  }

  @Test
  void twoMethodsOnOneRoute() {
    assertThat(
            mistakes(
                """
                  rpc A(Q) returns (Q) {
                    option (google.api.http) = {
                      get: "/v1/{sku}:x"
                    };
                  }
                  rpc B(Q) returns (Q) {
                    option (google.api.http).post = "/v1/{sku}:x";
                  }
                  rpc C(Q) returns (Q) {
                    option (google.api.http) = {
                      get: "/v1/c"
                      additional_bindings { get: "/v1/{nested.sku=*}:x" }
                    };
                  }
                """))
        .containsExactly(
            "test.proto:22:5: rpc S.C: google.api.http: the route GET /v1/*:x is that of rpc S.A at"
                + " test.proto:14:5 too; change one of them");
  }

  @Test
  void contractsOfTwoOwnersWithOneRouteAreGeneratedWithAWarning() {
    Project both =
        project(
            method("rpc A(Q) returns (Q)", "get: \"/v1/{sku}\"")
                + "}\nservice T {\n"
                + method("rpc B(Q) returns (Q)", "get: \"/v1/{nested.sku}\""));
    assertThat(both.response().getError()).isEmpty();
    assertThat(both.warnings(""))
        .containsExactly(
            "test.proto:19:5: warning: rpc T.B: google.api.http: the route GET /v1/* is that of rpc"
                + " S.A at test.proto:14:5 too; a server of both does not start, and a gateway"
                + " before both leaves one out");
  }

  @Test
  void pathsThatNameNoField() {
    assertThat(rule("get: \"/v1/{sk}\""))
        .containsExactly(
            "the path \"/v1/{sk}\" names sk: shop.Q has no field \"sk\"; it has sku, tags, labels,"
                + " nested, since");
    assertThat(rule("get: \"/v1/{nested.skuu}\""))
        .containsExactly(
            "the path \"/v1/{nested.skuu}\" names nested.skuu: shop.Q has no field \"skuu\"; did"
                + " you mean \"sku\"? it has sku, tags, labels, nested, since");
    assertThat(rule("get: \"/v1/{sku.x}\""))
        .containsExactly(
            "the path \"/v1/{sku.x}\" names sku.x: shop.Q.sku is not a message, so it has no field"
                + " x; drop what follows it");
    assertThat(rule("get: \"/v1/{tags}/{labels}\""))
        .containsExactly(
            "the path \"/v1/{tags}/{labels}\" names tags: shop.Q.tags is repeated, and a path holds"
                + " a single value; name another field",
            "the path \"/v1/{tags}/{labels}\" names labels: shop.Q.labels is a map, and a path"
                + " holds a single value; name another field");
    assertThat(rule("get: \"/v1/{nested}\""))
        .containsExactly(
            "the path \"/v1/{nested}\" names nested: shop.Q.nested is a message, which has no text;"
                + " name a field in it, one of sku, tags, labels, nested, since");
    assertThat(rule("get: \"/v1/{sku}/{sku}\""))
        .containsExactly("the path \"/v1/{sku}/{sku}\" names sku twice; a field takes one value");
  }

  @Test
  void pathsThatAreNoPaths() {
    assertThat(rule("get: \"v1\""))
        .containsExactly("the path \"v1\" cannot be used: '/' is missing at 0");
    assertThat(rule("get: \"/a//b\""))
        .containsExactly("the path \"/a//b\" cannot be used: a segment is empty");
    assertThat(rule("get: \"/{sku=**}/**\""))
        .containsExactly("the path \"/{sku=**}/**\" cannot be used: ** may stand once only");
    assertThat(rule("body: \"*\""))
        .containsExactly("it has no verb with a path; write one, such as get: \"/v1/things/{id}\"");
  }

  @Test
  void bodiesThatCannotBe() {
    assertThat(rule("get: \"/a\" body: \"*\""))
        .containsExactly("GET has no body; drop body: \"*\", or use post");
    assertThat(rule("post: \"/a\" body: \"nestd\""))
        .containsExactly(
            "body \"nestd\": shop.Q has no field \"nestd\"; did you mean \"nested\"? it has sku,"
                + " tags, labels, nested, since");
    assertThat(rule("post: \"/a\" body: \"nested.sku\""))
        .containsExactly(
            "body \"nested.sku\" is not a field of the request itself; name the outermost field");
    assertThat(rule("post: \"/a\" body: \"labels\""))
        .containsExactly(
            "body \"labels\": shop.Q.labels is a map; name a message in which it stands");
    assertThat(rule("get: \"/a\" response_body: \"x\""))
        .containsExactly(
            "response_body \"x\": shop.Q has no field \"x\"; it has sku, tags, labels, nested,"
                + " since");
    assertThat(rule("rpc A(stream Q) returns (Q)", "post: \"/a\""))
        .containsExactly(
            "the method takes a stream of requests, which comes in the body; add body: \"*\"");
  }

  @Test
  void bindingsWithinBindings() {
    assertThat(
            rule(
                "get: \"/a\" additional_bindings { get: \"/b\" additional_bindings { get: \"/c\" }"
                    + " }"))
        .containsExactly(
            "additional_bindings stand within additional_bindings; write all of them in the outer"
                + " rule");
  }
}
