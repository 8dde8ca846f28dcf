package io.fairlead.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShrinkOrderTest {
  private static Endpoint.Builder endpoint(String id) {
    return Endpoint.builder(id)
        .addresses(Address.grpc("10.0.0.1", 50051))
        .version("2")
        .startedAt(Instant.ofEpochSecond(100));
  }

  private static List<String> order(Map<String, Integer> calls, Endpoint.Builder... endpoints) {
    return ShrinkOrder.of(
            List.of(endpoints).stream().map(Endpoint.Builder::build).toList(),
            each -> calls.getOrDefault(each.id(), 0))
        .stream()
        .map(Endpoint::id)
        .toList();
  }

  @Test
  void whoLeavesAnywayLeavesFirst() {
    assertThat(order(Map.of("b", 90), endpoint("a"), endpoint("b").draining(true)))
        .containsExactly("b", "a");
  }

  @Test
  void anOldVersionLeavesBeforeTheOneThatIsRolledOut() {
    assertThat(
            order(
                Map.of("old", 9),
                endpoint("new").startedAt(Instant.ofEpochSecond(900)),
                endpoint("old").version("1")))
        .containsExactly("old", "new");
  }

  @Test
  void aVersionThatIsRolledBackLeavesThoughItsNumberIsHigher() {
    assertThat(
            order(
                Map.of(),
                endpoint("back").version("1").startedAt(Instant.ofEpochSecond(900)),
                endpoint("bad").version("2")))
        .containsExactly("bad", "back");
  }

  @Test
  void zonesShrinkEvenly() {
    assertThat(
            order(
                Map.of("a1", 9, "a2", 9, "a3", 9),
                endpoint("a1").zone("a"),
                endpoint("a2").zone("a"),
                endpoint("a3").zone("a"),
                endpoint("b1").zone("b")))
        .containsExactly("a1", "a2", "b1", "a3");
  }

  @Test
  void whoHasLittleToDoLeavesBeforeWhoIsBusyAndTheYoungestFirst() {
    assertThat(order(Map.of("a", 5, "b", 2), endpoint("a"), endpoint("b")))
        .containsExactly("b", "a");
    assertThat(
            order(
                Map.of(),
                endpoint("a"),
                endpoint("b").startedAt(Instant.ofEpochSecond(200)),
                endpoint("c")))
        .containsExactly("b", "a", "c");
  }
}
