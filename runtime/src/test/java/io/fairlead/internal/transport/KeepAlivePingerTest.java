package io.fairlead.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ManualClock;
import io.grpc.Status;
import io.grpc.internal.ClientTransport.PingCallback;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KeepAlivePingerTest {
  private final ManualClock clock = ManualClock.create();
  private final List<PingCallback> asked = new ArrayList<>();
  private int missed;
  private int replies;
  private final KeepAlivePinger keepAlivePinger =
      new KeepAlivePinger(
          new KeepAlivePinger.PingTarget() {
            @Override
            public void ping(PingCallback answer) {
              asked.add(answer);
            }

            @Override
            public void noReply() {
              missed++;
            }

            @Override
            public void replied() {
              replies++;
            }
          },
          clock.scheduler(),
          Duration.ofSeconds(5),
          Duration.ofSeconds(4));

  @Test
  void answeringConnectionIsPingedEachInterval() {
    keepAlivePinger.start();
    for (int i = 1; i <= 10; i++) {
      clock.advance(Duration.ofSeconds(5));
      assertThat(asked).hasSize(i);
      asked.get(i - 1).onSuccess(1_000);
    }
    assertThat(missed).isZero();
    assertThat(replies).isEqualTo(10);
  }

  @Test
  void silentConnectionIsReportedInTimeAndAgainWithoutFurtherPings() {
    keepAlivePinger.start();
    clock.advance(Duration.ofMillis(8_999));
    assertThat(asked).hasSize(1);
    assertThat(missed).isZero();
    clock.advance(Duration.ofMillis(1_001));
    assertThat(missed).isEqualTo(1);
    clock.advance(Duration.ofMillis(4_100));
    assertThat(missed).isEqualTo(2);
    assertThat(asked).hasSize(1);
    keepAlivePinger.stop();
    clock.advance(Duration.ofMinutes(1));
    assertThat(missed).isEqualTo(2);
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void lateReplyIsReportedAndPingsGoOn() {
    keepAlivePinger.start();
    clock.advance(Duration.ofSeconds(12));
    asked.get(0).onSuccess(7_000_000_000L);
    assertThat(replies).isEqualTo(1);
    clock.advance(Duration.ofSeconds(5));
    assertThat(asked).hasSize(2);
    assertThat(missed).isEqualTo(1);
  }

  @Test
  void bufferedReplyCounts() {
    keepAlivePinger.start();
    clock.advance(Duration.ofSeconds(9));
    asked.get(0).onSuccess(1_000);
    clock.advance(Duration.ofSeconds(1));
    assertThat(missed).isZero();
  }

  @Test
  void endedConnectionLeavesNoTimer() {
    keepAlivePinger.start();
    clock.advance(Duration.ofSeconds(6));
    keepAlivePinger.stop();
    asked.get(0).onFailure(Status.UNAVAILABLE);
    clock.advance(Duration.ofMinutes(1));
    assertThat(asked).hasSize(1);
    assertThat(missed).isZero();
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  /** After a pause of the process, a timer and the reply may run at once on two loops. */
  @Test
  void aTimerThatRunsAlthoughTheReplyHasComeReportsNothing() {
    List<Runnable> timers = new ArrayList<>();
    ScheduledExecutorService neverCancels =
        new ScheduledThreadPoolExecutor(0) {
          @Override
          public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            timers.add(task);
            return super.schedule(() -> {}, 1, TimeUnit.DAYS);
          }
        };
    List<PingCallback> pings = new ArrayList<>();
    List<String> reports = new ArrayList<>();
    KeepAlivePinger pinger =
        new KeepAlivePinger(
            new KeepAlivePinger.PingTarget() {
              @Override
              public void ping(PingCallback answer) {
                pings.add(answer);
              }

              @Override
              public void noReply() {
                reports.add("none");
              }

              @Override
              public void replied() {}
            },
            neverCancels,
            Duration.ofSeconds(5),
            Duration.ofSeconds(4));
    try {
      pinger.start();
      timers.get(0).run();
      Runnable timeout = timers.get(1);
      pings.get(0).onSuccess(1);
      int before = timers.size();
      timeout.run();
      assertThat(timers).as("the next ping's timer stays").hasSize(before);
      timers.get(before - 1).run();
      assertThat(pings).hasSize(2);
      assertThat(reports).isEmpty();
    } finally {
      neverCancels.shutdownNow();
    }
  }
}
