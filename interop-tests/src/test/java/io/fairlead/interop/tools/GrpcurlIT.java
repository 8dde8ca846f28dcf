package io.fairlead.interop.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.grpc.Certificates;
import io.fairlead.interop.peer.Outcome;
import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** grpcurl, which knows a server by reflection. */
class GrpcurlIT {
  private static final String STORE = "depot.v1.Depot/Store";

  /** grpcurl ends with this and the code of the status. */
  private static final int FAILED_CALL = 64;

  private static final int FAILED_PRECONDITION = 9;

  private static Peer grpcurl() {
    return Peers.go("go-tools", "github.com/fullstorydev/grpcurl/cmd/grpcurl");
  }

  @TestFactory
  Stream<DynamicTest> grpcurlOnOurs() {
    Cases cases = Cases.of(Area.TOOLS, "grpcurl", Direction.THEIR_CLIENT);
    Supplier<OurDepot> server = cases.shared(() -> OurDepot.start("java"));
    cases.test("list", () -> list(server.get()));
    cases.test("describe", () -> describe(server.get()));
    cases.test("reflection v1", () -> reflects(server.get(), "v1"));
    cases.test("reflection v1alpha", () -> reflects(server.get(), "v1alpha"));
    cases.test("health", () -> health(server.get()));
    cases.test("unary", () -> says(server.get(), "Store", "{\"text\":\"hi\"}", "\"text\": \"hi\""));
    cases.test(
        "server_streaming", () -> says(server.get(), "List", "{\"count\":3}", "\"number\": \"2\""));
    cases.test(
        "client_streaming",
        () ->
            says(
                server.get(),
                "Deliver",
                "{\"number\":4}{\"number\":5}",
                "\"count\": 2",
                "\"total\": \"9\""));
    cases.test(
        "bidi_streaming",
        () ->
            says(
                server.get(),
                "Exchange",
                "{\"number\":4}{\"number\":5}",
                "\"number\": \"8\"",
                "\"number\": \"10\""));
    cases.test("error_details", () -> errorDetails(server.get()));
    cases.test("TLS", GrpcurlIT::overTls);
    return cases.tests();
  }

  /** The command of the page for operators, as it is written there. */
  @Test
  void theOperatorsPageAsksForHealthLikeThis() throws IOException {
    Path page = Path.of("").toAbsolutePath().resolveSibling("docs").resolve("registry-etcd.md");
    try (OurDepot server = OurDepot.start("java")) {
      List<String> words =
          Files.readAllLines(page).stream()
              .filter(line -> line.startsWith("grpcurl "))
              .map(line -> line.replaceAll("\\s+#.*", "").replace("HOST:PORT", server.address()))
              .map(line -> List.of(line.split(" ", -1)))
              .findFirst()
              .orElseThrow();
      String[] arguments = words.subList(1, words.size()).toArray(new String[0]);
      assertThat(grpcurl().runWell(arguments)).contains("\"status\": \"SERVING\"");
    }
  }

  private static void list(OurDepot server) {
    assertThat(grpcurl().runWell("-plaintext", server.address(), "list").lines())
        .contains(
            "depot.v1.Depot",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection");
    assertThat(grpcurl().runWell("-plaintext", server.address(), "list", "depot.v1.Depot").lines())
        .contains("depot.v1.Depot.Store", "depot.v1.Depot.Refill")
        .hasSize(10);
  }

  /** Our options among the rest. */
  private static void describe(OurDepot server) {
    assertThat(
            grpcurl().runWell("-plaintext", server.address(), "describe", "depot.v1.Depot.Refill"))
        .contains(
            "rpc Refill", ".depot.v1.RefillRequest", "fairlead.method", "attempts", "\"30s\"");
  }

  /** As docs/registry-etcd.md tells operators to ask. */
  private static void health(OurDepot server) {
    assertThat(grpcurl().runWell("-plaintext", server.address(), "grpc.health.v1.Health/Check"))
        .contains("\"status\": \"SERVING\"");
  }

  private static void reflects(OurDepot server, String version) {
    assertThat(
            grpcurl()
                .runWell(
                    "-plaintext",
                    "-d",
                    "{\"list_services\":\"\"}",
                    server.address(),
                    "grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo"))
        .contains("\"name\": \"depot.v1.Depot\"");
  }

  private static void says(OurDepot server, String method, String request, String... answer) {
    assertThat(
            grpcurl()
                .runWell("-plaintext", "-d", request, server.address(), "depot.v1.Depot/" + method))
        .contains(answer);
  }

  /** By reflection alone: no service of the server imports the types of the details. */
  private static void errorDetails(OurDepot server) {
    Outcome outcome =
        grpcurl()
            .run(
                "-plaintext",
                "-d",
                """
                {"failure":{"code":9,"message":"no","reason":"SHELF_EMPTY","field":"sku"}}""",
                server.address(),
                STORE);
    assertThat(outcome.code()).isEqualTo(FAILED_CALL + FAILED_PRECONDITION);
    assertThat(outcome.output())
        .contains("Code: FailedPrecondition", "Message: no")
        .contains("google.rpc.ErrorInfo", "SHELF_EMPTY", "\"shelf\"")
        .contains("google.rpc.BadRequest", "\"sku\"", "is wrong");
  }

  private static void overTls() {
    try (OurDepot server = Tls.depot()) {
      String[] trust = {
        "-cacert", Certificates.authority().toString(), "-authority", Certificates.HOST
      };
      assertThat(grpcurl().with(trust).runWell("-d", "{\"text\":\"hi\"}", server.address(), STORE))
          .contains("\"text\": \"hi\"");
    }
  }
}
