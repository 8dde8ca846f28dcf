package io.fairlead.interop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.interop.peer.Peers;
import io.fairlead.interop.peer.Program;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server in an application of Spring Boot, in a process of its own that SIGTERM ends. */
class SpringBootIT {
  private static final List<String> STEPS =
      List.of(
          "NOT_SERVING: closed by the application",
          "GOAWAY: the port is closed",
          "DRAINED: no call is in flight",
          "CLOSED: nothing is left");

  /** Spring Boot brings a Micrometer of its own, an older one than ours. */
  @ParameterizedTest
  @ValueSource(strings = {"3.5.7", "4.0.7"})
  void aCallIsInTheMeterRegistryOfSpringOnBothSides(String version) {
    try (Program application = Peers.springBoot(version).start()) {
      for (String side : List.of("server", "client")) {
        application.await(
            Pattern.compile(
                "meter grpc\\." + side + "\\.call\\.duration depot\\.v1\\.Depot/Store 1\\.0"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.5.7", "4.0.7"})
  void everyStepOfAShutdownIsOneLineInTheLogOfSpring(String version) {
    try (Program application = Peers.springBoot(version).start()) {
      application.await(Pattern.compile("INFO .*server depot SERVING: started"));
      application.await(Pattern.compile("Started Application in "));
      application.await(Pattern.compile("meter grpc.client.call.duration "));
      application.terminate();
      for (String step : STEPS) {
        assertThat(application.lines())
            .filteredOn(line -> line.contains("server depot " + step))
            .singleElement()
            .asString()
            .as("a line in the form of Spring Boot")
            .matches("\\d{4}-\\d\\d-\\d\\dT\\S+ +INFO \\d+ --- .*");
      }
      assertThat(application.lines()).noneMatch(line -> line.contains(" WARN "));
    }
  }
}
