package io.fairlead.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.server.RpcServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gateway as a process: its arguments, and what it says about wrong ones. */
class GatewayMainTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private @Nullable RpcServer start(String... args) {
    return GatewayMain.start(args, new PrintStream(said, true, UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--prot 80 | unknown argument --prot; --help lists all arguments",
        "--port 8080 | nothing to serve; give --target host:port",
        "--target | --target needs a value",
        "--target --port | --target needs a value",
        "--target= | --target has an empty value",
        "--target a:1 --port 99999 | --port is \"99999\"; use a number from 0 to 65535",
        "--target a:1 --port x | --port is \"x\"",
        "--target a:1 --port 1 --port 2 | --port is given twice",
        "--target a:1 --prefix shop | --prefix needs --registry or --etcd too",
        "--etcd a:1 --registry etcd://a:1 | --etcd and --registry name a registry each; give one",
        "--etcd 127.0.0.1:1 --port 0 | no registry for \"etcd://127.0.0.1:1\" is on the class path",
        "--target a:1 --tls-certificate c.pem | --tls-certificate needs --tls-key too",
        "--target a:1 --tls-clients c.pem | --tls-clients needs --tls-certificate too",
        "--target a:1 --descriptors none.pb --port 0 | the descriptor set none.pb cannot be read",
        "--target a:1 --target b:1 --descriptors x.pb | give it with a single --target and without",
        "--registry etcd://a --descriptors x.pb | does not say which of several services has which",
        "--target a:1 --target-ca none.pem | --target-ca cannot be read",
        "--target a:1 --allow-origin shop | \"shop\" is not an origin",
        "--target a:1 --target a:1 --port 0 | the target a:1 is given twice",
        "--registry zoo://a --port 0 | no registry for \"zoo://a\" is on the class path",
        "--registry etcd --port 0 | has no scheme; write it like \"etcd://127.0.0.1:2379\"",
        "--target http://a:1 --port 0 | is a URL; write host:port for a server",
      })
  void aMistakeIsToldWithItsWayOut(String args, String expected) {
    assertThat(start(args.trim().split(" ", -1))).isNull();
    assertThat(said.toString(UTF_8)).startsWith("fairlead gateway: ").contains(expected.trim());
  }

  @Test
  void itServesATarget() throws Exception {
    try (GatewayFixture library = new GatewayFixture();
        RpcServer gateway =
            Objects.requireNonNull(
                start(
                    "--target",
                    "127.0.0.1:" + library.server.port(),
                    "--port=0",
                    "--host",
                    "127.0.0.1"))) {
      assertThat(
              HttpClient.newHttpClient()
                  .send(
                      HttpRequest.newBuilder(
                              URI.create("http://127.0.0.1:" + gateway.port() + "/v1/books/a"))
                          .build(),
                      BodyHandlers.ofString())
                  .body())
          .contains("Über a");
    }
  }
}
