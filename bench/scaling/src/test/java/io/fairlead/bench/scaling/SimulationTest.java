package io.fairlead.bench.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the rule must show, and that the page says what it shows. */
class SimulationTest {
  private static final Path DOCS = Path.of("..", "..", "docs");
  private static Simulation simulation;

  @BeforeAll
  static void simulate() {
    simulation = Simulation.run();
  }

  @Test
  void costsAtMostAQuarterMoreThanForesight() {
    for (Scenario scenario : Scenario.values()) {
      if (scenario != Scenario.ZONE_LOST) {
        assertThat(simulation.worstCost(scenario, Contestant.OURS))
            .as(scenario.toString())
            .isLessThanOrEqualTo(1.25);
      }
    }
  }

  @Test
  void missesAtMostOneCallInAHundred() {
    for (Scenario scenario : Scenario.values()) {
      if (scenario != Scenario.ZONE_LOST) {
        assertThat(simulation.worst(scenario, Contestant.OURS, Outcome::missed))
            .as(scenario.toString())
            .isLessThanOrEqualTo(0.01);
      }
    }
  }

  @Test
  void doesNotSwingWithALoadThatDoes() {
    assertThat(simulation.worst(Scenario.SQUARE, Contestant.OURS, Outcome::reversals)).isZero();
    // The wave is one that makes others swing.
    assertThat(simulation.median(Scenario.SQUARE, Contestant.NAIVE, Outcome::reversals))
        .isGreaterThan(20);
  }

  @Test
  void noOtherRuleIsBetterInBothRespects() {
    for (Scenario scenario : Scenario.values()) {
      for (Contestant other : Contestant.values()) {
        if (other != Contestant.ORACLE && other != Contestant.OURS) {
          boolean cheaper =
              simulation.medianCost(scenario, other)
                  < simulation.medianCost(scenario, Contestant.OURS);
          boolean timelier =
              simulation.median(scenario, other, Outcome::missed)
                  < simulation.median(scenario, Contestant.OURS, Outcome::missed);
          assertThat(cheaper && timelier).as(other + ", " + scenario).isFalse();
        }
      }
    }
  }

  @Test
  void thePageSaysWhatTheSimulationFound() throws IOException {
    compare(DOCS.resolve("scaling-simulation.md"), Page.of(simulation));
    for (Scenario scenario : Plot.PLOTTED) {
      compare(DOCS.resolve(Page.plot(scenario)), Plot.of(scenario));
    }
  }

  /** Figures may differ a little from platform to platform; everything else must be the same. */
  private static void compare(Path file, String expected) throws IOException {
    if (Boolean.getBoolean("bench.update")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, expected);
    }
    assertThat(words(Files.readString(file)))
        .as("written anew by mvn verify -pl bench/scaling -am -Dbench.update=true: " + file)
        .isEqualTo(words(expected));
  }

  private static String words(String text) {
    return text.replaceAll("[0-9.]+ %|[0-9.]+", "0").replaceAll("( L0 0)+", " L");
  }
}
