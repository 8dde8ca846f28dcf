package io.fairlead.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.CircuitBreakerStatus;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.policy.ResolvedPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderEventsTest {
  private final FlightRecorderEvents events = FlightRecorderEvents.create();

  private void happen() {
    AttemptOutcome attempt =
        AttemptOutcome.builder(1, AttemptOutcome.Kind.FIRST)
            .endpoint("10.0.0.1:1", "i1")
            .pickReason("the only one")
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
        for (String name : List.of("ClientCall", "Attempt", "ServerCall", "CircuitBreaker")) {
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
}
