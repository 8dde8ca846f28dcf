package io.fairlead.interop.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.Contracts;
import io.fairlead.gateway.Gateway;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Ports;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * connect-web and grpc-web in Chromium, on a page of another origin: unary calls, streams, errors,
 * deadlines, cancellation, and what CORS lets through.
 */
class BrowserIT {
  /** connect-web: 7 cases in 4 forms. grpc-web: 4 in text, 2 in binary. CORS: 3. */
  private static final int CASES = 37;

  @TempDir Path folder;

  @Test
  void aPageCallsAServer() throws IOException {
    int page = Ports.free();
    try (OurDepot server =
        OurDepot.start("depot", "java", builder -> builder.gateway(gateway(page).build()))) {
      assertCases(run(server.address(), page));
    }
  }

  @Test
  void aPageCallsAServiceBehindAGateway() throws IOException {
    int page = Ports.free();
    try (OurDepot server = OurDepot.start("java");
        RpcServer gateway =
            RpcServer.builder("gateway")
                .host("127.0.0.1")
                .gateway(gateway(page).forward(server.address(), Contracts.reflection()).build())
                .start()) {
      assertCases(run("127.0.0.1:" + gateway.port(), page));
    }
  }

  private static Gateway.Builder gateway(int page) {
    return Gateway.builder().allowOrigins("http://127.0.0.1:" + page).allowHeaders("depot-text");
  }

  private String run(String server, int page) throws IOException {
    return Peers.web("browser.js")
        .runWell(
            "http://" + server, DepotDescriptors.write(folder).toString(), Integer.toString(page));
  }

  private static void assertCases(String said) {
    assertThat(said).contains("BROWSER Chrome/");
    assertThat(said.lines().filter(line -> line.startsWith("RESULT ")))
        .allSatisfy(line -> assertThat(line).endsWith(" pass"))
        .hasSize(CASES);
  }
}
