package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import shop.v1.Inventory;
import shop.v1.InventoryRpc;
import shop.v1.ReserveRequest;

class FlightRecorderEventsTest {
  private final FlightRecorderEvents events = FlightRecorderEvents.create();

  private void happen() {
    AttemptOutcome attempt =
        AttemptOutcome.builder(1, AttemptOutcome.Kind.FIRST)
            .endpoint("10.0.0.1:1", "i1")
            .pickReason("the only one")
            .delays(Duration.ofMillis(5), true)
            .times(Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(2))
            .build();
    events.callEnded(
        CallOutcome.builder("a.B/C", "dns:///a", ResolvedPolicy.of(List.of()))
            .attempts(List.of(attempt))
            .totalTime(Duration.ofMillis(3))
            .build());
    events.callEnded(ServerCallOutcome.builder("a.B/C").queueTime(Duration.ofMillis(4)).build());
    events.circuitBreakerChanged(
        new CircuitBreakerStatus(
            CircuitBreakerStatus.Scope.METHOD, "a.B/C", CircuitBreakerStatus.Phase.OPEN, "open"));
  }

  private List<RecordedEvent> record(Path file, boolean wanted) throws Exception {
    try (Recording recording = new Recording()) {
      if (wanted) {
        for (String name :
            List.of("ClientCall", "Attempt", "Pick", "ServerCall", "CircuitBreaker")) {
          recording.enable("io.fairlead." + name);
        }
      }
      recording.start();
      happen();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("io.fairlead."))
        .toList();
  }

  @Test
  void aRecordingThatAsksForThemHasTheCalls(@TempDir Path folder) throws Exception {
    List<RecordedEvent> recorded = record(folder.resolve("on.jfr"), true);
    assertThat(recorded)
        .extracting(event -> event.getEventType().getName())
        .containsExactlyInAnyOrder(
            "io.fairlead.ClientCall",
            "io.fairlead.Attempt",
            "io.fairlead.Pick",
            "io.fairlead.ServerCall",
            "io.fairlead.CircuitBreaker");
    for (RecordedEvent event : recorded) {
      switch (event.getEventType().getName()) {
        case "io.fairlead.ClientCall" ->
            assertThat(event.getDuration("total")).isEqualTo(Duration.ofMillis(3));
        case "io.fairlead.Attempt" -> {
          assertThat(event.getString("endpoint")).isEqualTo("10.0.0.1:1");
          assertThat(event.getString("pickReason")).isEqualTo("the only one");
        }
        case "io.fairlead.Pick" -> {
          assertThat(event.getString("target")).isEqualTo("dns:///a");
          assertThat(event.getString("endpoint")).isEqualTo("10.0.0.1:1");
          assertThat(event.getString("reason")).isEqualTo("the only one");
          assertThat(event.getBoolean("delayed")).isTrue();
          assertThat(event.getDuration("resolution")).isEqualTo(Duration.ofMillis(5));
          assertThat(event.getDuration("wait")).isEqualTo(Duration.ofMillis(1));
        }
        case "io.fairlead.ServerCall" ->
            assertThat(event.getDuration("queue")).isEqualTo(Duration.ofMillis(4));
        default -> assertThat(event.getString("phase")).isEqualTo("open");
      }
    }
  }

  @Test
  void otherRecordingsHaveNone(@TempDir Path folder) throws Exception {
    assertThat(record(folder.resolve("off.jfr"), false)).isEmpty();
  }

  private static RpcServer.Builder server(InMemoryRegistry registry) {
    return RpcServer.builder("inventory")
        .host("127.0.0.1")
        .port(0)
        .allowLoopback()
        .registry(registry)
        .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
        .service(InventoryRpc.bind(new Inventory() {}));
  }

  private static List<RecordedEvent> named(List<RecordedEvent> all, String name) {
    return all.stream()
        .filter(event -> event.getEventType().getName().equals("io.fairlead." + name))
        .sorted(Comparator.comparing(RecordedEvent::getStartTime))
        .toList();
  }

  private static String address(RpcServer server) {
    return "127.0.0.1:" + server.port();
  }

  /** Returns when a channel knows as many endpoints, which a thread of the registry tells it. */
  private static void awaitEndpoints(RpcChannel channel, int count) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (channel.endpoints().size() != count) {
      assertThat(System.nanoTime()).as("still %s", channel.endpoints()).isLessThan(end);
      Thread.sleep(5);
    }
  }

  @Test
  void aRecordingShowsHowAServerCameAndDrainedAndWhatItsClientsHeard(@TempDir Path folder)
      throws Exception {
    InMemoryRegistry registry = new InMemoryRegistry();
    String first;
    String second;
    Path file = folder.resolve("drain.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("io.fairlead.ServerState");
      recording.enable("io.fairlead.Endpoints");
      recording.start();
      try (RpcServer stays = server(registry).observer(events).start();
          RpcChannel channel =
              RpcChannel.to("memory:///inventory")
                  .registry(registry)
                  .service(InventoryRpc.service())
                  .observer(events)
                  .build()) {
        first = address(stays);
        assertThatThrownBy(
                () -> InventoryRpc.client(channel).reserve(ReserveRequest.getDefaultInstance()))
            .isInstanceOf(StatusRuntimeException.class);
        // Without the observer: its own steps are not what is looked at.
        try (RpcServer leaves = server(registry).start()) {
          second = address(leaves);
          awaitEndpoints(channel, 2);
        }
        awaitEndpoints(channel, 1);
      }
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> all = RecordingFile.readAllEvents(file);
    assertThat(named(all, "Endpoints"))
        .extracting(
            event -> event.getString("target"),
            event -> event.getString("added"),
            event -> event.getString("removed"),
            event -> event.getInt("known"))
        .containsExactly(
            tuple("memory:///inventory", first, "", 1),
            tuple("memory:///inventory", second, "", 2),
            tuple("memory:///inventory", "", second, 1));
    assertThat(named(all, "ServerState"))
        .extracting(event -> event.getString("phase"))
        .containsExactly(
            "bound",
            "ready",
            "registered",
            "serving",
            "not_serving",
            "deregistered",
            "propagated",
            "goaway",
            "drained",
            "closed");
    assertThat(named(all, "ServerState"))
        .allSatisfy(
            event -> {
              assertThat(event.getString("server")).isEqualTo("inventory");
              assertThat(event.getString("detail")).isNotEmpty();
            });
  }
}
