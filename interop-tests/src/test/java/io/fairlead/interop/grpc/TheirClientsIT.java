package io.fairlead.interop.grpc;

import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.report.Area;
import io.fairlead.interop.report.Cases;
import io.fairlead.interop.report.Direction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The interop clients of others against a server whose service our plugin made. */
class TheirClientsIT {
  private static final String GRPC_GO = "grpc-go";

  @TestFactory
  Stream<DynamicTest> grpcGo() {
    return grpcGo(Security.PLAINTEXT);
  }

  @TestFactory
  Stream<DynamicTest> grpcGoOverTls() {
    return grpcGo(Security.TLS);
  }

  private static Stream<DynamicTest> grpcGo(Security security) {
    Cases cases = Cases.of(Area.GRPC_CASES, security.of(GRPC_GO), Direction.THEIR_CLIENT);
    Supplier<OurServer> server = cases.shared(() -> OurServer.start(security));
    for (InteropCase each : InteropCase.values()) {
      switch (each) {
        case CACHEABLE_UNARY,
            CLIENT_COMPRESSED_UNARY,
            SERVER_COMPRESSED_UNARY,
            CLIENT_COMPRESSED_STREAMING,
            SERVER_COMPRESSED_STREAMING,
            VERY_LARGE_REQUEST,
            MAX_CONCURRENT_STREAMS_CONNECTION_SCALING ->
            cases.notApplicable(each.id(), "the interop client of grpc-go has no such case");
        default ->
            cases.test(
                each.id(),
                () -> goClient().runWell(arguments(each, security, server.get().port())));
      }
    }
    return cases.tests();
  }

  private static Peer goClient() {
    return Peers.go("go-interop", "google.golang.org/grpc/interop/client");
  }

  private static String[] arguments(InteropCase each, Security security, String port) {
    List<String> arguments = new ArrayList<>();
    arguments.add("--server_host=127.0.0.1");
    arguments.add("--server_port=" + port);
    arguments.add("--test_case=" + each.id());
    arguments.addAll(each.arguments());
    if (security == Security.TLS) {
      arguments.add("--use_tls=true");
      arguments.add("--use_test_ca=true");
      arguments.add("--server_host_override=" + Certificates.HOST);
      arguments.add("--ca_file=" + Certificates.authority());
    }
    return arguments.toArray(new String[0]);
  }
}
