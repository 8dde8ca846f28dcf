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
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Load, health, and the reflection clients of other languages. */
class ProbesIT {
  private static final int LOAD = 400;

  /** What grpc-health-probe ends with when a service is unknown to the server. */
  private static final int RPC_FAILED = 3;

  @TestFactory
  Stream<DynamicTest> ghz() {
    Cases cases = Cases.of(Area.TOOLS, "ghz", Direction.THEIR_CLIENT);
    Supplier<OurDepot> server = cases.shared(() -> OurDepot.start("java"));
    return cases.test("drives a server", () -> load(server.get())).tests();
  }

  private static void load(OurDepot server) {
    String json =
        Peers.go("go-tools", "github.com/bojand/ghz/cmd/ghz")
            .runWell(
                "--insecure",
                "--call",
                "depot.v1.Depot.Store",
                "--data",
                "{\"text\":\"hi\"}",
                "--total",
                Integer.toString(LOAD),
                "--concurrency",
                "8",
                "--timeout",
                "60s",
                "--format",
                "json",
                server.address());
    assertThat(json.replaceAll("\\s", ""))
        .contains("\"statusCodeDistribution\":{\"OK\":" + LOAD + "}");
  }

  @TestFactory
  Stream<DynamicTest> healthProbe() {
    Cases cases = Cases.of(Area.TOOLS, "grpc-health-probe", Direction.THEIR_CLIENT);
    Supplier<OurDepot> server = cases.shared(() -> OurDepot.start("java"));
    cases.test(
        "SERVING",
        () ->
            assertThat(probe().runWell("-addr=" + server.get().address()))
                .contains("status: SERVING"));
    cases.test(
        "SERVING, one service",
        () ->
            assertThat(
                    probe().runWell("-addr=" + server.get().address(), "-service=depot.v1.Depot"))
                .contains("status: SERVING"));
    cases.test("an unknown service", () -> unknownService(server.get()));
    cases.test("TLS", ProbesIT::probeOverTls);
    return cases.tests();
  }

  private static Peer probe() {
    return Peers.go("go-tools", "github.com/grpc-ecosystem/grpc-health-probe")
        .with("-connect-timeout=60s", "-rpc-timeout=60s");
  }

  private static void unknownService(OurDepot server) {
    Outcome outcome = probe().run("-addr=" + server.address(), "-service=depot.v1.Nobody");
    assertThat(outcome.code()).as(outcome.output()).isEqualTo(RPC_FAILED);
  }

  private static void probeOverTls() {
    try (OurDepot server = Tls.depot()) {
      assertThat(
              probe()
                  .runWell(
                      "-addr=" + server.address(),
                      "-tls",
                      "-tls-ca-cert=" + Certificates.authority(),
                      "-tls-server-name=" + Certificates.HOST))
          .contains("status: SERVING");
    }
  }

  @TestFactory
  Stream<DynamicTest> pythonReflection() {
    return reflection("grpcio-reflection", () -> Peers.python("reflect.py"), "v1alpha");
  }

  @TestFactory
  Stream<DynamicTest> nodeReflection() {
    return reflection("grpc-js-reflection-client", () -> Peers.node("reflect.js"), "v1", "v1alpha");
  }

  private static Stream<DynamicTest> reflection(
      String name, Supplier<Peer> peer, String... versions) {
    Cases cases = Cases.of(Area.TOOLS, name, Direction.THEIR_CLIENT);
    Supplier<OurDepot> server = cases.shared(() -> OurDepot.start("java"));
    for (String version : versions) {
      cases.test(
          "our options by reflection " + version,
          () ->
              assertThat(
                      peer.get().runWell(server.get().address(), "depot.v1.Depot", version).lines())
                  .contains(
                      "METHOD Store - 0", "METHOD Stall 3s 0", "METHOD Refill 30s 3 UNAVAILABLE"));
    }
    return cases.tests();
  }
}
