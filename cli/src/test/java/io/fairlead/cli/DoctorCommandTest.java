package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.testkit.Certificates;
import io.fairlead.testkit.TestAuthority;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each fault is made, and found with its way out. */
@Timeout(60)
class DoctorCommandTest {
  private final Fleet fleet = new Fleet();

  @TempDir private Path folder;

  @AfterEach
  void close() {
    fleet.close();
  }

  private static Endpoint endpoint(String id, String protocol, String host, int port) {
    return Endpoint.builder(id).addresses(new Address(protocol, host, port)).build();
  }

  private void register(Endpoint endpoint) throws InterruptedException {
    Registration registration = fleet.registry.register("odd", endpoint);
    while (registration.status().state() != Registration.State.REGISTERED) {
      Thread.sleep(1);
    }
  }

  @Test
  void aHealthyFleetHasNoFindings() {
    fleet.start("a");
    fleet.start("b");
    Cli.Result result = Cli.operator(fleet).run("doctor");
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).as(result.out()).isZero();
    assertThat(result.out())
        .contains("ok       this program: fairlead ", " on Java ")
        .containsPattern("ok       etcd 127\\.0\\.0\\.1:\\d+: answers, version 3")
        .containsPattern("ok       inventory/a at 127\\.0\\.0\\.1:\\d+: is reached, without TLS")
        .contains("ok       inventory/b: its clock agrees with this one")
        .endsWith("0 errors, 0 warnings\n");
    assertThat(Cli.operator(fleet).run("doctor", "--quiet").out())
        .isEqualTo("0 errors, 0 warnings\n");
  }

  @Test
  void anEtcdThatIsNotThereIsFoundWithoutAStackTrace() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    Cli.Result result =
        new Cli().run("doctor", "--registry", "etcd://127.0.0.1:" + free, "--timeout", "500ms");
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.out())
        .contains("error    etcd 127.0.0.1:" + free + ": nobody listens at 127.0.0.1:" + free)
        .contains("-> start the process there, or correct the port")
        .doesNotContain("\tat ");
  }

  @Test
  void aNameWithoutAnAddressIsFound() {
    Cli.Result result =
        new Cli()
            .run("doctor", "--registry", "etcd://etcd.invalid:2379", "--timeout", "300ms", "-q");
    assertThat(result.out())
        .contains("error    etcd etcd.invalid:2379: DNS has no address for \"etcd.invalid\"");
  }

  @Test
  void aPortThatIsNoEtcdIsFound() {
    Fleet.Node a = fleet.start("a");
    Cli.Result result =
        new Cli().run("doctor", "--registry", "etcd://" + a.address(), "--timeout", "500ms", "-q");
    assertThat(result.out())
        .contains("the port is open, and no etcd answers: UNIMPLEMENTED")
        .contains("-> check the port, and add ?tls=true to the URL if etcd speaks TLS");
  }

  @Test
  void addressesThatNobodyReachesAreFound() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    register(endpoint("gone", Address.GRPC, "127.0.0.1", free));
    register(endpoint("wild", Address.GRPC, "0.0.0.0", 80));
    register(endpoint("unknown", Address.GRPC, "shop.invalid", 80));
    Cli.Result result = Cli.operator(fleet).run("doctor", "odd", "-q");
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.out())
        .contains("error    odd/gone at 127.0.0.1:" + free + ": nobody listens")
        .contains("error    odd/wild at 0.0.0.0:80: it advertises a wildcard address")
        .contains("-> set advertise(host:port) on that server")
        .contains("odd/unknown at shop.invalid:80: DNS has no address for \"shop.invalid\"")
        .contains("3 errors, 0 warnings");
  }

  @Test
  void aServiceWithoutAnInstanceThatTakesCallsIsFound() throws Exception {
    Fleet.Node a = fleet.start("a");
    a.server().drain("").toCompletableFuture().get();
    Cli.Result result = Cli.operator(fleet).run("doctor", "-q");
    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.out())
        .contains("error    inventory: none of its 1 instances takes calls")
        .contains("-> undrain one");
  }

  @Test
  void unequalVersionsAndSharedAddressesAreWarnings() {
    Fleet.Node a = fleet.start("a");
    fleet.start("b", server -> server.version("1.5.0"));
    fleet.start("c", server -> server.version("1.5.0").advertise(a.address()));
    Cli.Result result = Cli.operator(fleet).run("doctor", "--json");
    assertThat(result.exit()).as("a warning is no error").isZero();
    JsonArray findings = JsonParser.parseString(result.out()).getAsJsonArray();
    List<String> warnings =
        findings.asList().stream()
            .map(JsonElement::getAsJsonObject)
            .filter(each -> each.get("level").getAsString().equals("WARNING"))
            .map(each -> each.get("subject").getAsString() + ": " + each.get("text").getAsString())
            .toList();
    assertThat(warnings)
        .contains(
            "inventory: its instances have unequal versions: 1.4.0 (1), 1.5.0 (2)",
            "inventory/c: it has the address " + a.address() + " of a");
  }

  @Test
  void aClockThatIsOffIsFound() {
    fleet.start("a");
    Cli.Result behind =
        Cli.operator(fleet).at(() -> Instant.now().plusSeconds(90)).run("doctor", "-q");
    assertThat(behind.out())
        .containsPattern("warning  inventory/a: its clock is 1m (29|30)s behind this one")
        .contains("-> let both machines follow NTP");
    Cli.Result ahead = Cli.of(fleet).at(() -> Instant.now().minusSeconds(7200)).run("doctor", "-q");
    assertThat(ahead.out())
        .as("without a token, by the time of its start")
        .containsPattern("warning  inventory/a: its clock is (2h 0m|1h 59m) ahead of this one");
  }

  @Test
  void aCertificateThatEndsSoonOrHasEndedIsFound() {
    TestAuthority authority = TestAuthority.create("shop");
    Path trust = authority.write(folder.resolve("ca.pem"));
    Certificates certificate =
        authority
            .leaf("localhost")
            .dns("localhost")
            .valid(Instant.now().minusSeconds(60), Instant.now().plus(Duration.ofDays(20)))
            .write(folder);
    fleet.start("a", server -> server.tls(certificate.certificate(), certificate.key()));
    String[] doctor = {
      "doctor", "--tls-ca", trust.toString(), "--authority", "localhost", "--timeout", "2s"
    };
    Cli.Result fine = Cli.operator(fleet).run(doctor);
    assertThat(fine.out())
        .containsPattern("ok       inventory/a at .*: TLS, certificate for 19 more days");
    assertThat(Cli.operator(fleet).at(in(Duration.ofDays(15))).run(doctor).out())
        .containsPattern("warning  inventory/a at .*: its certificate expires in 4d 23h")
        .contains("-> renew it; the server takes new files without a restart");
    Cli.Result expired = Cli.operator(fleet).at(in(Duration.ofDays(21))).run(doctor);
    assertThat(expired.out())
        .containsPattern("error    inventory/a at .*: its certificate expired 1d 0h ago");
    assertThat(expired.exit()).isEqualTo(ExitCode.FAILED);
  }

  private static InstantSource in(Duration ahead) {
    return () -> Instant.now().plus(ahead);
  }

  @Test
  void anEmptyRegistryIsAWarning() {
    Cli.Result result = Cli.of(fleet).run("doctor", "-q");
    assertThat(result.exit()).isZero();
    assertThat(result.out())
        .contains("warning  registry: no service is registered")
        .contains("check namespace and layout in the URL");
  }
}
