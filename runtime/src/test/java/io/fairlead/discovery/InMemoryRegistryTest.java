package io.fairlead.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InMemoryRegistryTest {
  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<Resolution> seen = new ArrayList<>();

  @Test
  void aWatcherSeesThePresentStateAndThenEachChange() {
    Watch watch = registry.watch("inventory", seen::add);
    assertThat(seen).containsExactly(new Resolution.Absent("inventory", 0));

    Registration b = registry.register("inventory", Endpoint.of("b", "10.0.0.2", 1));
    registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    registry.register("other", Endpoint.of("c", "10.0.0.3", 1));
    assertThat(seen).hasSize(3);
    assertThat(lastEndpoints()).extracting(Endpoint::id).containsExactly("a", "b");

    b.drain().toCompletableFuture().join();
    assertThat(lastEndpoints()).extracting(Endpoint::draining).containsExactly(false, true);

    b.close();
    assertThat(lastEndpoints()).extracting(Endpoint::id).containsExactly("a");
    assertThat(revisions()).isSorted().doesNotHaveDuplicates();

    watch.close();
    int before = seen.size();
    registry.register("inventory", Endpoint.of("d", "10.0.0.4", 1));
    assertThat(seen).hasSize(before);
  }

  @Test
  void theLastOneToLeaveMakesTheServiceAbsent() {
    registry.watch("inventory", seen::add);
    registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1)).close();
    assertThat(seen.get(seen.size() - 1)).isInstanceOf(Resolution.Absent.class);
    assertThat(registry.services().toCompletableFuture().join()).isEmpty();
  }

  @Test
  void laterRegistrationHasTheIdUntilItLeaves() {
    Registration first = registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    List<Registration.State> states = new ArrayList<>();
    first.watch(status -> states.add(status.state()));
    Registration second = registry.register("inventory", Endpoint.of("a", "10.0.0.9", 1));
    assertThat(second.status().state()).isEqualTo(Registration.State.REGISTERED);
    assertThat(first.status().state()).isEqualTo(Registration.State.DISPLACED);
    assertThat(first.status().detail()).contains("a of inventory");

    registry.watch("inventory", seen::add);
    assertThat(lastHosts()).containsExactly("10.0.0.9");
    second.close();
    assertThat(lastHosts()).containsExactly("10.0.0.1");
    assertThat(states)
        .containsExactly(
            Registration.State.REGISTERED,
            Registration.State.DISPLACED,
            Registration.State.REGISTERED);
  }

  @Test
  void displacedRegistrationLeavesNoTrace() {
    Registration first = registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    registry.register("inventory", Endpoint.of("a", "10.0.0.9", 1));
    registry.watch("inventory", seen::add);
    first.close();
    assertThat(first.status().state()).isEqualTo(Registration.State.CLOSED);
    assertThat(lastHosts()).containsExactly("10.0.0.9");
  }

  @Test
  void aRegistrationTellsItsStatesInOrder() {
    Registration registration = registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    List<Registration.State> states = new ArrayList<>();
    registration.watch(status -> states.add(status.state()));
    registration.close();
    registration.close();
    assertThat(states).containsExactly(Registration.State.REGISTERED, Registration.State.CLOSED);
    assertThat(registration.history())
        .extracting(Registration.Status::state)
        .containsExactly(
            Registration.State.REGISTERING,
            Registration.State.REGISTERED,
            Registration.State.CLOSED);
  }

  @Test
  void anUpdateKeepsTheId() {
    Registration registration = registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    registry.watch("inventory", seen::add);
    registration.update(registration.endpoint().withWeight(7)).toCompletableFuture().join();
    assertThat(lastEndpoints()).extracting(Endpoint::weight).containsExactly(7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registration.update(Endpoint.of("b", "10.0.0.1", 1)))
        .withMessageContaining("endpoint a has the id b");
  }

  @Test
  void anObserverThatFailsDoesNotStopTheOthers() {
    registry.watch(
        "inventory",
        resolution -> {
          throw new IllegalStateException("observer's own fault");
        });
    registry.watch("inventory", seen::add);
    registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    assertThat(lastEndpoints()).hasSize(1);
  }

  @Test
  void aChangeMadeByAnObserverComesAfterTheNoticeItIsIn() {
    registry.watch(
        "inventory",
        resolution -> {
          seen.add(resolution);
          if (resolution instanceof Resolution.Absent && seen.size() == 1) {
            registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
          }
        });
    assertThat(seen).hasSize(2);
    assertThat(lastEndpoints()).hasSize(1);
  }

  @Test
  void aClosedRegistryHasLeftAndSaysSo() {
    Registration registration = registry.register("inventory", Endpoint.of("a", "10.0.0.1", 1));
    registry.close();
    assertThat(registration.status().state()).isEqualTo(Registration.State.CLOSED);
    assertThatIllegalStateException()
        .isThrownBy(() -> registry.register("inventory", Endpoint.of("b", "10.0.0.1", 1)))
        .withMessageContaining("closed");
  }

  private List<String> lastHosts() {
    return lastEndpoints().stream().map(e -> e.addresses().get(0).host()).toList();
  }

  private List<Endpoint> lastEndpoints() {
    return ((Resolution.Bound) seen.get(seen.size() - 1)).snapshot().endpoints();
  }

  private List<Long> revisions() {
    return seen.stream()
        .map(
            r ->
                r instanceof Resolution.Bound bound
                    ? bound.snapshot().revision()
                    : ((Resolution.Absent) r).revision())
        .toList();
  }
}
