package io.fairlead.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ManualClock;
import io.grpc.Status;
import io.grpc.internal.ClientTransport.PingCallback;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeepAlivePingerTest {
  private final ManualClock clock = ManualClock.create();
  private final List<PingCallback> asked = new ArrayList<>();
  private final List<Status> givenUp = new ArrayList<>();
  private final KeepAlivePinger keepAlivePinger =
      new KeepAlivePinger(
          new KeepAlivePinger.PingTarget() {
            @Override
            public void ping(PingCallback answer) {
              asked.add(answer);
            }

            @Override
            public void close(Status why) {
              givenUp.add(why);
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
    assertThat(givenUp).isEmpty();
  }

  @Test
  void silentConnectionIsClosedInTime() {
    keepAlivePinger.start();
    clock.advance(Duration.ofMillis(8_999));
    assertThat(asked).hasSize(1);
    assertThat(givenUp).isEmpty();
    clock.advance(Duration.ofMillis(1_001));
    assertThat(givenUp).hasSize(1);
    assertThat(givenUp.get(0).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(givenUp.get(0).getDescription()).contains("no reply to a keep-alive ping within 4s");
    clock.advance(Duration.ofMinutes(1));
    assertThat(asked).hasSize(1);
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void bufferedReplyCounts() {
    keepAlivePinger.start();
    clock.advance(Duration.ofSeconds(9));
    asked.get(0).onSuccess(1_000);
    clock.advance(Duration.ofSeconds(1));
    assertThat(givenUp).isEmpty();
  }

  @Test
  void endedConnectionLeavesNoTimer() {
    keepAlivePinger.start();
    clock.advance(Duration.ofSeconds(6));
    keepAlivePinger.stop();
    asked.get(0).onFailure(Status.UNAVAILABLE);
    clock.advance(Duration.ofMinutes(1));
    assertThat(asked).hasSize(1);
    assertThat(givenUp).isEmpty();
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }
}
