package io.fairlead.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.LogCapture;
import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ActionLogTest {
  private final ManualClock clock = ManualClock.create();
  private final List<AuditEvent> heard = new ArrayList<>();
  private final ActionLog actions =
      new ActionLog(() -> Instant.EPOCH, clock::nanoTime, List.of(heard::add));

  @Test
  void aFloodOfRefusedCallsDoesNotFillTheLog() {
    try (LogCapture log = LogCapture.of("io.fairlead.admin.audit")) {
      for (int i = 0; i < 1_000; i++) {
        actions.refused("eve", "Drain", "PERMISSION_DENIED: no");
      }
      assertThat(log.lines()).hasSize(1);
      clock.advance(Duration.ofSeconds(1));
      actions.refused("eve", "Drain", "PERMISSION_DENIED: no");
      assertThat(log.lines()).hasSize(2);
      assertThat(log.lines().get(1)).endsWith("; 999 more refusals were not logged");
    }
    assertThat(heard).hasSize(1_001);
    assertThat(actions.last()).isEmpty();
  }

  @Test
  void anActionIsLoggedWhateverWasRefusedBeforeIt() {
    try (LogCapture log = LogCapture.of("io.fairlead.admin.audit")) {
      for (int i = 0; i < 10; i++) {
        actions.refused("eve", "Drain", "PERMISSION_DENIED: no");
        actions.add("ann", "Drain", "", "new disk", "done");
      }
      assertThat(log.with("ann: Drain")).hasSize(10);
    }
    assertThat(actions.last()).hasSize(10);
  }
}
