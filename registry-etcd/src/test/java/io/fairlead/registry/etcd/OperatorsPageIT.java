package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.EtcdRelease;
import io.fairlead.testkit.RealEtcd;
import io.fairlead.testkit.ToolAssumption;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands of the operators' page, taken from the page itself, on real etcds. */
@ParameterizedClass
@EnumSource
final class OperatorsPageIT {
  private static final String PAGE_ENDPOINT = "127.0.0.1:2379";
  private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

  private final EtcdRelease release;
  private RealEtcd etcd;

  OperatorsPageIT(EtcdRelease release) {
    this.release = release;
  }

  @BeforeEach
  void startEtcd() {
    if (!onPath("etcdctl")) {
      throw ToolAssumption.skip("etcdctl", "apt-get install etcd-client");
    }
    etcd = RealEtcd.start(release);
  }

  @AfterEach
  void stopEtcd() {
    // Nothing was started where a tool is missing, and the test was skipped.
    if (etcd != null) {
      etcd.close();
    }
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** The lines of one of the page's blocks, without comments. */
  private static List<String> commands(int block) throws IOException {
    Path page = Path.of("").toAbsolutePath().resolveSibling("docs").resolve("registry-etcd.md");
    Matcher blocks = BLOCK.matcher(Files.readString(page));
    List<List<String>> all = new ArrayList<>();
    while (blocks.find()) {
      all.add(
          blocks
              .group(1)
              .lines()
              .map(line -> line.replaceAll("\\s+#.*", "").strip())
              .filter(line -> !line.isEmpty())
              .toList());
    }
    return all.get(block);
  }

  private Process shell(String command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    if (!command.contains("--endpoints")) {
      builder.environment().put("ETCDCTL_ENDPOINTS", etcd.address());
    }
    return builder.start();
  }

  private String output(String command) throws IOException, InterruptedException {
    Process process = shell(command);
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(command + "\n" + output).isZero();
    return output;
  }

  @Test
  void whereAMissingInstanceIsLookedForWorksAsWritten() throws Exception {
    try (EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());
        RpcServer server =
            RpcServer.builder("inventory")
                .service(Ping.service())
                .host("127.0.0.1")
                .id("i1")
                .registry(registry)
                .start()) {
      Registration registration = server.registration().orElseThrow();
      RegistryContract.soon("registered", () -> World.is(registration, State.REGISTERED));
      String lease = "";
      List<String> ran = new ArrayList<>();
      for (String line : commands(0)) {
        String command =
            line.replace(PAGE_ENDPOINT, etcd.address())
                .replace("inventory/ID", "inventory/i1")
                .replace("LEASE", lease)
                .replace("HOST:PORT", "127.0.0.1:" + server.port());
        if (command.startsWith("export ")) {
          continue;
        }
        if (command.startsWith("grpcurl") && !onPath("grpcurl")) {
          // The interop tests build one, and run this line of the page with it.
          System.out.println("no grpcurl on the path, so not tried here: " + command);
          continue;
        }
        if (command.contains(" watch ")) {
          assertWatchTells(command, registration);
        } else {
          String output = output(command);
          assertThat(output).as(command).contains(expected(command, etcd.address()));
          Matcher inDecimal = Pattern.compile("\"Lease\" : (\\d+)").matcher(output);
          if (inDecimal.find()) {
            lease = Long.toHexString(Long.parseLong(inDecimal.group(1)));
          }
        }
        ran.add(command);
      }
      assertThat(ran).hasSizeGreaterThanOrEqualTo(5);
    }
  }

  private static String expected(String command, String address) {
    if (command.contains("endpoint status")) {
      return address;
    }
    return command.startsWith("grpcurl") ? "SERVING" : "inventory/i1";
  }

  private void assertWatchTells(String command, Registration registration) throws IOException {
    Process watch = shell("exec " + command);
    try (BufferedReader lines = watch.inputReader(StandardCharsets.UTF_8)) {
      // It may begin a moment after its start: change until it tells.
      int[] weight = {1};
      RegistryContract.soon(
          "told by " + command,
          () -> {
            registration
                .update(registration.endpoint().withWeight(weight[0]++))
                .toCompletableFuture()
                .join();
            return ready(lines);
          });
      assertThat(lines.readLine()).isEqualTo("PUT");
      assertThat(lines.readLine()).isEqualTo("inventory/i1");
    } finally {
      watch.destroyForcibly();
    }
  }

  private static boolean ready(BufferedReader lines) {
    try {
      return lines.ready();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void theRoleOfThePageIsEnoughAndNotTooMuch() throws Exception {
    output("etcdctl user add root:top");
    output("etcdctl user grant-role root root");
    output("etcdctl user add keeper:secret");
    for (String line : commands(1)) {
      output(line.replace("NAME", "keeper"));
    }
    output("etcdctl auth enable");
    try (EtcdRegistry registry =
        EtcdRegistry.builder().endpoints(etcd.endpoint()).user("keeper", "secret").connect()) {
      Registration allowed = registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
      RegistryContract.soon("registered", () -> World.is(allowed, State.REGISTERED));
      RecordedResolutions recordedResolutions = RegistryContract.watched(registry, "inventory");
      RegistryContract.soon("seen", () -> recordedResolutions.ids().size() == 1);
      Registration refused = registry.register("payments", Endpoint.of("a", "10.0.0.1", 1));
      RegistryContract.soon(
          "refused", () -> refused.status().detail().contains("grant the user's role readwrite"));
      assertThat(refused.status().detail()).contains(etcd.endpoint(), "permission denied");
      output(
          "etcdctl --user root:top role grant-permission shop --prefix=true readwrite payments/");
      RegistryContract.soon("mended", () -> World.is(refused, State.REGISTERED));
    }
  }
}
