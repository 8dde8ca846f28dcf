package io.fairlead.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.management.ManagementServer;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import shop.v1.ImportSummary;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.StockLevel;

@Timeout(60)
class SettingsTest {
  private static final class Handler implements Inventory {
    @Override
    public ImportSummary import_(Source<StockLevel> levels) {
      return ImportSummary.newBuilder().setAccepted(levels.toList().size()).build();
    }
  }

  @TempDir private Path folder;

  private static ServerServiceDefinition service() {
    return InventoryRpc.bind(new Handler());
  }

  private static Map<String, String> variables(String text) {
    Map<String, String> variables = new HashMap<>();
    for (String each : text.trim().split(" ", -1)) {
      int equals = each.indexOf('=');
      variables.put("FAIRLEAD_" + each.substring(0, equals), each.substring(equals + 1));
    }
    return variables;
  }

  @Test
  void aServerAndItsClientFindEachOtherByTheEnvironmentAlone() throws Exception {
    Path log = folder.resolve("access.log");
    try (EmbeddedEtcd etcd = EmbeddedEtcd.builder().port(0).start()) {
      Settings settings =
          Settings.of(
              variables(
                  "HOST=127.0.0.1 PORT=0 ID=blue ZONE=north VERSION=1.4.0 WEIGHT=20"
                      + " MANAGEMENT_PORT=0 MANAGEMENT_TOKEN=0123456789abcdef"
                      + (" ACCESS_LOG=" + log)
                      + (" REGISTRY=etcd://" + etcd.address())));
      try (var access = settings.accessLog().orElseThrow().sample(1).build();
          RpcServer server =
              settings
                  .applyTo(
                      RpcServer.builder("inventory")
                          .port(1)
                          .service(service())
                          .observer(access)
                          .timeouts(all -> all.deregistrationDelay(Duration.ZERO)))
                  .start();
          ManagementServer pages = settings.management(server).orElseThrow().start();
          RpcChannel channel = settings.channel("inventory").build()) {
        channel.awaitReady(Duration.ofSeconds(30));
        // It has no deadline in the contract, which a slow machine might exceed.
        ImportSummary summary =
            InventoryRpc.client(channel)
                .import_(Source.from(Stream.of(StockLevel.getDefaultInstance())));
        assertThat(summary.getAccepted()).isEqualTo(1);
        assertThat(status(pages.uri("/readyz"), "")).isEqualTo(200);
        assertThat(status(pages.uri("/"), "")).isEqualTo(401);
        assertThat(status(pages.uri("/"), "Bearer 0123456789abcdef")).isEqualTo(200);
        assertThat(channel.endpoints())
            .singleElement()
            .satisfies(
                endpoint -> {
                  assertThat(endpoint.id()).isEqualTo("blue");
                  assertThat(endpoint.endpoint().zone()).contains("north");
                });
      }
    }
    assertThat(Files.readString(log)).contains("shop.v1.Inventory/Import");
  }

  private static int status(URI uri, String authorization) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return HttpClient.newHttpClient()
        .send(request.build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PROT=1 | FAIRLEAD_PROT is no setting; did you mean FAIRLEAD_PORT?",
        "REGISTRI=a | FAIRLEAD_REGISTRI is no setting; did you mean FAIRLEAD_REGISTRY?",
        "TLS_CERT=a | FAIRLEAD_TLS_CERT is no setting; did you mean FAIRLEAD_TLS_CERTIFICATE?",
        "TIMEOUT=a | FAIRLEAD_TIMEOUT is no setting; there are FAIRLEAD_HOST, FAIRLEAD_PORT,",
        "X=a | FAIRLEAD_X is no setting; there are FAIRLEAD_HOST,",
        "PORT=http | FAIRLEAD_PORT is \"http\"; use a port from 0 to 65535",
        "PORT=65536 | FAIRLEAD_PORT is \"65536\"; use a port from 0 to 65535",
        "PORT=-1 | FAIRLEAD_PORT is \"-1\"; use a port from 0 to 65535",
        "PORT=tcp://10.0.0.1:80 | FAIRLEAD_PORT is \"tcp://10.0.0.1:80\"; use a port; Kubernetes"
            + " has set it",
        "MANAGEMENT_PORT=99999 | FAIRLEAD_MANAGEMENT_PORT is \"99999\"; use a port from 0 to 65535",
        "WEIGHT=1000001 | FAIRLEAD_WEIGHT is \"1000001\"; use a number from 0 to 1000000; 100 is"
            + " ordinary",
        "WEIGHT=a | FAIRLEAD_WEIGHT is \"a\"; use a number from 0 to 1000000",
        "REGISTRY=10.0.0.9 | FAIRLEAD_REGISTRY is \"10.0.0.9\"; use a URL, such as"
            + " etcd://127.0.0.1:2379",
        "REGISTRY=zoo://a | FAIRLEAD_REGISTRY is \"zoo://a\"; use one of the kinds [etcd, static]",
        "TLS_TRUST=/none | FAIRLEAD_TLS_TRUST is \"/none\"; use the path of a file that this"
            + " process can read",
        "TLS_KEY=pom.xml | FAIRLEAD_TLS_KEY is set without FAIRLEAD_TLS_CERTIFICATE; set both, or"
            + " neither",
        "TLS_CERTIFICATE=pom.xml | FAIRLEAD_TLS_CERTIFICATE is set without FAIRLEAD_TLS_KEY; set"
            + " both",
        "MANAGEMENT_TOKEN=secret | FAIRLEAD_MANAGEMENT_TOKEN is set without"
            + " FAIRLEAD_MANAGEMENT_PORT; set both",
      })
  void aSettingThatCannotBeUsedIsNamedWithItsWayOut(String text, String expected) {
    assertThatThrownBy(() -> Settings.of(variables(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(expected.trim());
  }

  @Test
  void whatABuilderRefusesNamesTheVariable() {
    Settings settings = Settings.of(variables("MANAGEMENT_PORT=0 MANAGEMENT_TOKEN=secret"));
    try (RpcServer server =
        RpcServer.builder("inventory").host("127.0.0.1").port(0).service(service()).start()) {
      assertThatThrownBy(() -> settings.management(server))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "FAIRLEAD_MANAGEMENT_TOKEN: a token has at least 16 characters, this one has 6");
    }
  }

  @Test
  void aChannelWithoutARegistrySaysWhichVariableIsMissing() {
    assertThatThrownBy(() -> Settings.of(Map.of()).channel("inventory"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "FAIRLEAD_REGISTRY is not set, and the service inventory is looked up there; set it to"
                + " a registry, such as etcd://127.0.0.1:2379");
  }

  @Test
  void variablesOfOthersAreLeftAlone() {
    Map<String, String> environment =
        Map.of(
            "PATH", "/bin",
            "FAIRLEAD_TOKEN", "of the command",
            "FAIRLEAD_ZONE", "",
            // As Kubernetes sets them for a service "fairlead-demo".
            "FAIRLEAD_DEMO_SERVICE_HOST", "10.0.0.1",
            "FAIRLEAD_DEMO_SERVICE_PORT", "50051",
            "FAIRLEAD_DEMO_PORT_50051_TCP_ADDR", "10.0.0.1");
    assertThat(Settings.of(environment)).hasToString("no setting in the environment");
  }

  @Test
  void whatIsSetIsShownAndTheTokenIsNot() {
    assertThat(
            Settings.of(variables("PORT=7 MANAGEMENT_PORT=8 MANAGEMENT_TOKEN=0123456789abcdef"))
                .toString()
                .lines())
        .containsExactly(
            "FAIRLEAD_PORT=7  (the port to listen on; 0 takes any free one)",
            "FAIRLEAD_MANAGEMENT_PORT=8  (the port of the management server; none without it)",
            "FAIRLEAD_MANAGEMENT_TOKEN=(hidden)  (the bearer token of the management server)");
  }

  @Test
  void whatOperatorsSeeHasNoSecrets() {
    assertThat(
            Settings.of(
                    variables(
                        "REGISTRY=etcd://ann:secret@10.0.0.9:2379?tls=true ZONE=north"
                            + " MANAGEMENT_PORT=8 MANAGEMENT_TOKEN=0123456789abcdef"))
                .shown())
        .containsOnly(
            entry("FAIRLEAD_REGISTRY", "etcd://(hidden)@10.0.0.9:2379?tls=true"),
            entry("FAIRLEAD_ZONE", "north"),
            entry("FAIRLEAD_MANAGEMENT_PORT", "8"),
            entry("FAIRLEAD_MANAGEMENT_TOKEN", "(hidden)"));
    assertThat(Settings.of(Map.of()).shown()).isEmpty();
  }

  @Test
  void thePageListsEachVariableWithItsMeaning() throws Exception {
    String page = Files.readString(Path.of("../docs/settings.md"));
    for (Variable each : Variable.values()) {
      assertThat(page)
          .contains(
              "| `"
                  + each.key()
                  + "` | "
                  + each.meaning().replace("FAIRLEAD_TLS_KEY", "`FAIRLEAD_TLS_KEY`")
                  + " |");
    }
    Variable.OF_OTHERS.forEach(each -> assertThat(page).contains("`" + each + "`"));
  }
}
