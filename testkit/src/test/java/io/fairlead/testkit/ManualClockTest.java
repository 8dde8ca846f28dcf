package io.fairlead.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ManualClockTest {
  private final ManualClock clock = ManualClock.startingAt(Instant.parse("2026-03-01T10:00:00Z"));
  private final ManualScheduler scheduler = clock.scheduler();
  private final List<String> ran = new ArrayList<>();

  @Test
  void standsStillUntilMoved() {
    long nanos = clock.nanoTime();
    assertThat(clock.instant()).isEqualTo("2026-03-01T10:00:00Z");

    clock.advance(Duration.ofMillis(1500));

    assertThat(clock.instant()).isEqualTo("2026-03-01T10:00:01.500Z");
    assertThat(clock.nanoTime() - nanos).isEqualTo(1_500_000_000L);
    assertThat(clock.elapsed()).isEqualTo(Duration.ofMillis(1500));
    assertThat(clock.withZone(ZoneId.of("Asia/Tokyo")).instant()).isEqualTo(clock.instant());
  }

  @Test
  void goesForwardOnly() {
    assertThatThrownBy(() -> clock.advance(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Time moves forward only: -1ns");
  }

  @Test
  void runsTasksInOrderOfTimeThenOfSubmission() {
    later("c", 30);
    later("a", 10);
    later("b1", 20);
    later("b2", 20);

    clock.advance(Duration.ofMillis(25));
    assertThat(ran).containsExactly("a@10", "b1@20", "b2@20");

    clock.advance(Duration.ofMillis(5));
    assertThat(ran).endsWith("c@30");
    assertThat(scheduler.pendingTasks()).isZero();
  }

  @Test
  void runsWhatTasksScheduleIfItFallsDue() {
    ScheduledFuture<?> unused = scheduler.schedule(() -> later("inner", 5), 10, MILLISECONDS);
    clock.advance(Duration.ofMillis(15));
    assertThat(ran).containsExactly("inner@15");
  }

  @Test
  void repeatsAtAFixedRateUntilCancelled() {
    ScheduledFuture<?> ticks =
        scheduler.scheduleAtFixedRate(() -> note("tick"), 1, 10, MILLISECONDS);
    clock.advance(Duration.ofMillis(25));
    assertThat(ran).containsExactly("tick@1", "tick@11", "tick@21");
    assertThat(scheduler.pendingDelays()).containsExactly(Duration.ofMillis(6));

    ticks.cancel(false);
    clock.advance(Duration.ofSeconds(1));
    assertThat(ran).hasSize(3);
    assertThat(scheduler.pendingTasks()).isZero();
  }

  @Test
  void aCancelledTaskDoesNotRun() {
    cancellable("never", 10).cancel(false);
    clock.advance(Duration.ofSeconds(1));
    assertThat(ran).isEmpty();
  }

  @Test
  void anExecutedTaskRunsAtTheNextMoveAndItsFailureReachesTheTest() {
    scheduler.execute(() -> note("now"));
    assertThat(ran).isEmpty();
    clock.runDue();
    assertThat(ran).containsExactly("now@0");

    scheduler.execute(
        () -> {
          throw new IllegalStateException("broken");
        });
    assertThatThrownBy(clock::runDue)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("broken");
  }

  @Test
  void aScheduledFailureStaysInItsFuture() {
    ScheduledFuture<?> failing =
        scheduler.schedule(
            () -> {
              throw new IllegalStateException("broken");
            },
            1,
            MILLISECONDS);
    clock.advance(Duration.ofMillis(1));
    assertThatThrownBy(failing::get).hasRootCauseMessage("broken");
  }

  @Test
  void jumpsFromTaskToTaskUntilTheConditionHolds() {
    ScheduledFuture<?> unused =
        scheduler.scheduleAtFixedRate(() -> note("tick"), 1, 1, TimeUnit.HOURS);
    clock.advanceUntil(() -> ran.size() == 5, Duration.ofDays(1));
    assertThat(clock.elapsed()).isEqualTo(Duration.ofHours(5));

    assertThatThrownBy(() -> clock.advanceUntil(() -> ran.size() == 99, Duration.ofHours(2)))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("Not so within 2h of virtual time")
        .hasMessageContaining("due in [1h]");
    assertThat(clock.elapsed()).isEqualTo(Duration.ofHours(7));
  }

  @Test
  void refusesTasksAfterShutdownAndDropsThoseThatWait() {
    later("late", 10);
    assertThat(scheduler.shutdownNow()).hasSize(1);
    clock.advance(Duration.ofSeconds(1));
    assertThat(ran).isEmpty();
    assertThat(scheduler.isTerminated()).isTrue();
    assertThatThrownBy(() -> later("more", 1)).isInstanceOf(RejectedExecutionException.class);
  }

  private void later(String name, long millis) {
    ScheduledFuture<?> unused = cancellable(name, millis);
  }

  private ScheduledFuture<?> cancellable(String name, long millis) {
    return scheduler.schedule(() -> note(name), millis, MILLISECONDS);
  }

  private void note(String name) {
    ran.add(name + "@" + clock.elapsed().toMillis());
  }
}
