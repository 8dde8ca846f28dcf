package io.fairlead.interop.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.gateway.Gateway;
import io.fairlead.interop.contract.OurDepot;
import io.fairlead.interop.peer.Peer;
import io.fairlead.interop.peer.Peers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** curl, and a validator of others on the document that it gets. */
class CurlIT {
  private static final OurDepot SERVER =
      OurDepot.start("depot", "java", builder -> builder.gateway(Gateway.standard()));

  @AfterAll
  static void close() {
    SERVER.close();
  }

  private static Peer curl() {
    return Peers.installed("curl").with("--silent", "--show-error", "--max-time", "20");
  }

  private static String url(String path) {
    return "http://" + SERVER.address() + path;
  }

  @ParameterizedTest
  @ValueSource(strings = {"--http1.1", "--http2-prior-knowledge", "--http2"})
  void aCallWithJson(String version) {
    assertThat(
            curl()
                .runWell(
                    version,
                    "--write-out",
                    " %{http_version} %{http_code}",
                    "--json",
                    "{\"text\":\"hi\"}",
                    url("/depot.v1.Depot/Store")))
        .contains("\"text\":\"hi\"")
        .contains(version.equals("--http2-prior-knowledge") ? " 2 200" : " 1.1 200");
  }

  @Test
  void anErrorIsJsonWithTheStatusOfHttp() {
    assertThat(
            curl()
                .runWell(
                    "--write-out",
                    " %{http_code}",
                    "--json",
                    "{\"failure\":{\"code\":5,\"message\":\"gone\"}}",
                    url("/depot.v1.Depot/Store")))
        .contains("\"code\":\"not_found\"", "\"message\":\"gone\"")
        .endsWith(" 404");
  }

  @Test
  void aResponseIsCompressedWhereCurlAsksForIt() {
    assertThat(
            curl()
                .runWell(
                    "--compressed",
                    "--write-out",
                    " %{size_download}",
                    "--json",
                    "{\"text\":\"" + "x".repeat(20_000) + "\"}",
                    url("/depot.v1.Depot/Store")))
        .contains("x".repeat(20_000))
        .containsPattern(" \\d{2,3}\\s*$");
  }

  @Test
  void theOpenApiDocumentsAreValid() throws Exception {
    Path document = Path.of("target", "depot.openapi.json").toAbsolutePath();
    curl().runWell("--output", document.toString(), url("/openapi.json"));
    Path library =
        Path.of("..", "gateway", "src", "test", "resources", "openapi.golden.json")
            .toAbsolutePath()
            .normalize();
    assertThat(Peers.web("openapi.mjs").runWell(document.toString(), library.toString()))
        .contains(document + ": valid, version 3.1", library + ": valid, version 3.1");
  }
}
