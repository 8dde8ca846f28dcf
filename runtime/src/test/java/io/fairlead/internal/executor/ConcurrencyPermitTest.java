package io.fairlead.internal.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class ConcurrencyPermitTest {
  private final AtomicInteger freed = new AtomicInteger();
  private final ConcurrencyPermit permit = new ConcurrencyPermit(freed::incrementAndGet);

  @Test
  void permitIsReleasedWhenCallAndWorkEnd() {
    assertThat(permit.acquire()).isTrue();
    permit.release();
    assertThat(freed).as("the call goes on").hasValue(0);
    assertThat(permit.acquire()).isTrue();
    permit.release();
    permit.release();
    assertThat(freed).hasValue(1);
  }

  @Test
  void lateWorkIsNotStarted() {
    permit.release();
    assertThat(permit.acquire()).isFalse();
    assertThat(freed).hasValue(1);
    assertThatThrownBy(permit::release).hasMessage("released more often than acquired");
  }

  @Test
  void permitTravelsInTheContext() {
    assertThat(ConcurrencyPermit.of(Context.ROOT)).isNull();
    assertThat(ConcurrencyPermit.of(permit.in(Context.ROOT))).isSameAs(permit);
  }

  @RepeatedTest(50)
  void permitIsReleasedOnceUnderARace() throws InterruptedException {
    int threads = 4;
    CountDownLatch done = new CountDownLatch(threads);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      pool.execute(
          () -> {
            for (int turn = 0; turn < 1_000 && permit.acquire(); turn++) {
              assertThat(freed).hasValue(0);
              permit.release();
            }
            done.countDown();
          });
    }
    permit.release();
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    pool.shutdown();
    assertThat(freed).hasValue(1);
  }
}
