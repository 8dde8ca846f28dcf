package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.scaling.Actuator.Order;
import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where instances are started, and what becomes of a service when a zone is lost. */
class ZonedActuatorTest {
  private static final Order ORDER = new Order(1, "as the test wants");

  private final ManualClock clock = ManualClock.create();
  private final PlayedZone a = new PlayedZone("a");
  private final PlayedZone b = new PlayedZone("b");
  private final PlayedZone c = new PlayedZone("c");
  private final ZonedActuator zones = ZonedActuator.of(Map.of("a", a, "b", b, "c", c), clock);

  /** Starts and stops what it is told to, unless it is lost. */
  private static final class PlayedZone implements Actuator {
    private final String name;
    private final List<String> running = new ArrayList<>();
    private int number;
    private boolean lost;
    private boolean full;
    private boolean stale;

    PlayedZone(String name) {
      this.name = name;
    }

    @Override
    public List<String> instances() throws IOException {
      answer();
      return List.copyOf(running);
    }

    @Override
    public void start(int count, Order order) throws IOException {
      answer();
      if (stale) {
        throw new StaleOrderException(order.fencingToken(), 9);
      }
      if (full) {
        throw new IOException("there is no room");
      }
      for (int i = 0; i < count; i++) {
        running.add(name + ++number);
      }
    }

    @Override
    public void stop(List<String> ids, Order order) throws IOException {
      answer();
      running.removeAll(ids);
    }

    private void answer() throws IOException {
      if (lost) {
        throw new IOException("it does not answer");
      }
    }
  }

  private List<Integer> sizes() {
    return List.of(a.running.size(), b.running.size(), c.running.size());
  }

  @Test
  void newInstancesAreStartedWhereTheFewestAre() throws Exception {
    zones.start(4, ORDER);
    assertThat(sizes()).containsExactly(2, 1, 1);
    zones.start(2, ORDER);
    assertThat(sizes()).containsExactly(2, 2, 2);
    b.running.clear();
    zones.start(3, ORDER);
    assertThat(sizes()).as("a zone that lost its own is filled first").containsExactly(3, 2, 2);
    assertThat(zones.instances()).hasSize(7);
  }

  @Test
  void eachIsStoppedInItsZone() throws Exception {
    zones.start(6, ORDER);
    zones.stop(List.of("a1", "c2", "gone"), ORDER);
    assertThat(zones.instances()).containsExactlyInAnyOrder("a2", "b1", "b2", "c1");
  }

  @Test
  void aZoneThatIsFullLeavesItsShareToTheOthers() throws Exception {
    a.full = true;
    try (LogCapture log = LogCapture.of("io.fairlead.scaling")) {
      zones.start(4, ORDER);
      assertThat(log.with("zone a does not start 2 instances, so others are to: there is no room"))
          .hasSize(1);
    }
    assertThat(sizes()).containsExactly(0, 2, 2);
    b.full = true;
    c.full = true;
    assertThatThrownBy(() -> zones.start(2, ORDER))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("2 of 2 instances were not started: zone ")
        .hasMessageEndingWith("there is no room");
  }

  @Test
  void aZoneThatIsLostIsReplacedByTheOthersAfterAMinuteAndCountsAgainWhenItIsBack()
      throws Exception {
    zones.start(6, ORDER);
    assertThat(zones.instances()).hasSize(6);
    a.lost = true;
    try (LogCapture log = LogCapture.of("io.fairlead.scaling")) {
      assertThat(zones.instances()).as("it may answer again").hasSize(6);
      clock.advance(Duration.ofSeconds(59));
      assertThat(zones.instances()).hasSize(6);
      clock.advance(Duration.ofSeconds(1));
      assertThat(zones.instances()).containsExactlyInAnyOrder("b1", "b2", "c1", "c2");
      assertThat(zones.instances()).hasSize(4);
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("zone a has not answered for ", "its 2 instances count as lost")
          .endsWith("zone a: it does not answer");
      zones.start(2, ORDER);
      assertThat(sizes()).containsExactly(2, 3, 3);
      a.lost = false;
      assertThat(zones.instances()).hasSize(8);
      assertThat(log.with("zone a answers again, with 2 instances")).hasSize(1);
    }
  }

  @Test
  void nobodyGuessesWhatRunsInAZoneThatHasNeverAnswered() {
    c.lost = true;
    assertThatThrownBy(zones::instances).hasMessage("zone c: it does not answer");
  }

  @Test
  void whereNoZoneAnswersNothingIsKnown() throws Exception {
    zones.start(3, ORDER);
    assertThat(zones.instances()).hasSize(3);
    a.lost = true;
    b.lost = true;
    c.lost = true;
    assertThatThrownBy(zones::instances).isInstanceOf(IOException.class);
  }

  @Test
  void anOrderThatIsStaleInOneZoneIsNotCarriedOutInAnother() {
    a.stale = true;
    assertThatThrownBy(() -> zones.start(1, ORDER)).isInstanceOf(StaleOrderException.class);
    assertThat(sizes()).containsExactly(0, 0, 0);
  }

  @Test
  void twoZonesThatGiveOneIdAreRefused() {
    b.running.add("same");
    c.running.add("same");
    assertThatThrownBy(zones::instances)
        .hasMessage(
            "the zones b and c both have an instance same; give the instances of each zone names of"
                + " their own");
    assertThatThrownBy(() -> ZonedActuator.of(Map.of())).hasMessageStartingWith("there is no zone");
  }
}
