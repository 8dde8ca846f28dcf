package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fairlead.client.RpcChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleOptionsTest {
  @Test
  void whatIsGivenCountsAndTheRestHasDefaults() {
    ScaleOptions options =
        ScaleOptions.parse(
            ("scale --service inventory --capacity 12.5 --min 3 --max 9 --start-time 1.5s"
                    + " --down-window 10m --tick 500ms --deployment shop/inventory")
                .split(" ", -1));
    assertThat(options.service).isEqualTo("inventory");
    assertThat(options.policy).hasToString("ScalingPolicy[capacity 12.5, 3 to 9 instances]");
    assertThat(options.policy.startTime()).isEqualTo(Duration.ofMillis(1_500));
    assertThat(options.policy.downWindow()).isEqualTo(Duration.ofMinutes(10));
    assertThat(options.policy.stableWindow()).isEqualTo(Duration.ofMinutes(1));
    assertThat(options.tick).isEqualTo(Duration.ofMillis(500));
    assertThat(options.etcd).containsExactly("http://127.0.0.1:2379");
    assertThat(options.startsInstances()).isTrue();
    assertThat(options.deployments).isEqualTo(Map.of("", "shop/inventory"));
    assertThat(
            ScaleOptions.parse(
                    "--service", "a", "--capacity", "1", "--deployment", "n=shop/a-n,s=shop/a-s")
                .deployments)
        .isEqualTo(Map.of("n", "shop/a-n", "s", "shop/a-s"));
    assertThat(ScaleOptions.parse("--service", "a", "--capacity", "1").startsInstances())
        .as("advice alone, unless it is told how")
        .isFalse();
    assertThat(ScaleOptions.parse("--service", "a", "--capacity", "1", "--min", "0").policy.min())
        .as("clients report the calls that wait for the first one")
        .isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--capacity 5|--service is missing: the service that is scaled, as in --service inventory",
        "--service a|--capacity is missing: the load that one instance is to carry, as in"
            + " --capacity 50",
        "--service a --capacity|--capacity takes a value, and has none",
        "--service --capacity 5|--service takes a value, and has none",
        "--service a --capacity 0|--capacity is \"0\"; give a number above 0",
        "--service a --capacity many|--capacity is \"many\"; give a number above 0",
        "--service a --capacity 5 --min -1|--min is \"-1\", which is not a whole number of 0 or"
            + " more",
        "--service a --capacity 5 --min 3 --max 2|max 2 is below min 3",
        "--service a --capacity 5 --tick 5|--tick is \"5\", which is no time; write 500ms, 30s, 5m"
            + " or 1h",
        "--service a --capacity 5 --tick 0s|--tick is \"0s\", which is no time; write 500ms, 30s,"
            + " 5m or 1h",
        "--service a --service b --capacity 5|--service is given twice",
        "--service a --capacity 5 --deployment a=x,y|--deployment \"a=x,y\" does not name one for"
            + " each zone; write it as a=inventory-a,b=inventory-b",
        "--service a --capacity 5 --deployment a=x,a=y|--deployment \"a=x,a=y\" does not name one for"
            + " each zone; write it as a=inventory-a,b=inventory-b",
        "--service a --capacity 5 --units x --deployment y|--deployment and --units exclude each"
            + " other; instances start in one way",
        "--service a --capacity 5 --actuator 10.0.0.1:1 --token-file t|the token of --token-file"
            + " would be sent to 10.0.0.1:1 in clear text; give --ca for TLS, or --plaintext if"
            + " something else encrypts it",
        "--service a --capacity 5 --deployment a --token-file t|the token of --token-file would be"
            + " sent to pods in clear text; give --ca for TLS, or --plaintext if something else"
            + " encrypts it",
        "--service a --capacity 5 --actuator localhost.evil:1 --token-file t|the token of"
            + " --token-file would be sent to localhost.evil:1 in clear text; give --ca for TLS, or"
            + " --plaintext if something else encrypts it",
        "--plaintext --service a --plaintext|--plaintext is given twice",
        "--service a --capacity 5 --web-port 70000|--web-port 70000 is no port; use 0 to 65535",
        "--service a --capacity 5 --keda-port 0 --units x|--keda-port and an actuator exclude each"
            + " other: KEDA starts and stops instances itself",
      })
  void aSlipIsNamedWithTheWayOut(String arguments, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> {
              ScaleOptions options = ScaleOptions.parse(arguments.split(" ", -1));
              options.port("--web-port");
              try (ScaleCommand command =
                  ScaleCommand.start(
                      options,
                      new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8))) {
                assertThat(command).isNull();
              }
            })
        .withMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "--actuator 10.0.0.1:1 --token-file t --ca c",
    "--actuator 10.0.0.1:1 --plaintext --token-file t",
    "--actuator 127.0.0.1:1 --token-file t",
    "--actuator [::1]:1 --token-file t",
    "--deployment a",
  })
  void aTokenGoesWhereNobodyCanReadIt(String arguments) {
    ScaleOptions options =
        ScaleOptions.parse(("--service a --capacity 5 " + arguments).split(" ", -1));
    assertThat(options.startsInstances()).isTrue();
  }

  @Test
  void aTokenIsNotSentToAnInstanceOnAnotherMachine(@TempDir Path folder) throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "secret");
    // An address for documentation, which nobody has; the call is to end before it is sent.
    try (RpcChannel channel =
            RpcChannel.to("192.0.2.1:1").intercept(ScaleCommand.bearer(token, true)).build();
        RpcChannel here =
            RpcChannel.to("127.0.0.1:1")
                .intercept(ScaleCommand.bearer(folder.resolve("none"), true))
                .build()) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(new RemoteActuator(channel)::instances)
          .withMessageContaining("would be sent to 192.0.2.1:1 in clear text; give --ca for TLS");
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(new RemoteActuator(here)::instances)
          .withMessageContaining("the token cannot be read from --token-file");
    }
  }

  @Test
  void anUnknownOptionIsNamedWithThoseThatThereAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScaleOptions.parse("--servcie", "a"))
        .withMessageStartingWith(
            "\"--servcie\" is no option; there are --actuator, --burst-window");
    assertThat(ScaleOptions.help()).contains("--actuator HOST:PORT", "gives advice alone");
  }
}
