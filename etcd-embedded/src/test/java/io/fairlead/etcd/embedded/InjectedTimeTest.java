package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** An embedded etcd in somebody else's time. */
final class InjectedTimeTest {
  private final ManualClock clock = ManualClock.create();

  @Test
  void leavesNothingInTheInjectedTimer() {
    EmbeddedEtcd etcd = EmbeddedEtcd.builder().clock(clock::nanoTime, clock.scheduler()).start();
    EtcdClient client = new EtcdClient(etcd.address());
    client.grant(60);
    assertThat(clock.scheduler().pendingTasks()).isEqualTo(2);
    client.close();
    etcd.close();
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void leavesNothingEvenIfItsPortIsTaken() {
    try (EmbeddedEtcd first = EmbeddedEtcd.start()) {
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () ->
                      EmbeddedEtcd.builder()
                          .port(first.port())
                          .clock(clock::nanoTime, clock.scheduler())
                          .start()))
          .hasMessageContaining(String.valueOf(first.port()));
    }
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void aLeaseEndsWhenTheTestSaysSo() {
    try (EmbeddedEtcd etcd =
        EmbeddedEtcd.builder().clock(clock::nanoTime, clock.scheduler()).start()) {
      EtcdClient client = new EtcdClient(etcd.address());
      client.grant(60);
      clock.advance(Duration.ofSeconds(59));
      assertThat(etcd.leases()).hasSize(1);
      clock.advance(Duration.ofSeconds(1));
      assertThat(etcd.leases()).isEmpty();
      client.close();
    }
  }
}
