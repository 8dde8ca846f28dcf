package io.fairlead.interop.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.Contracts;
import io.fairlead.gateway.Gateway;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.peer.Peers;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * connect-es on Node: Connect, gRPC-Web and gRPC, with protobuf and JSON, over HTTP/1.1 and HTTP/2.
 * Calls of every shape, errors with details, metadata, compression, GET, deadlines and
 * cancellation.
 */
class ConnectNodeIT {
  /** Eleven cases in eight forms; one of them needs HTTP/2, which five forms have. */
  private static final int CASES = 11 * 8 - 3;

  @TempDir Path folder;

  @Test
  void aServerIsCalled() throws IOException {
    try (OurDepot server =
        OurDepot.start("depot", "java", builder -> builder.gateway(Gateway.standard()))) {
      assertCases(server.address());
    }
  }

  @Test
  void aServiceBehindAGatewayIsCalled() throws IOException {
    try (OurDepot server = OurDepot.start("java");
        RpcServer gateway =
            RpcServer.builder("gateway")
                .host("127.0.0.1")
                .gateway(
                    Gateway.builder().forward(server.address(), Contracts.reflection()).build())
                .start()) {
      assertCases("127.0.0.1:" + gateway.port());
    }
  }

  private void assertCases(String server) throws IOException {
    String said =
        Peers.nodeConnect("client.js").runWell(server, DepotDescriptors.write(folder).toString());
    assertThat(said.lines().filter(line -> line.startsWith("RESULT ")))
        .allSatisfy(line -> assertThat(line).endsWith(" pass"))
        .hasSize(CASES);
  }
}
