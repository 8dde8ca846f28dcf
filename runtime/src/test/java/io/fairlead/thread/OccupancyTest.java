package io.fairlead.thread;

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

class OccupancyTest {
  private final AtomicInteger freed = new AtomicInteger();
  private final Occupancy place = new Occupancy(freed::incrementAndGet);

  @Test
  void isFreeWhenTheCallAndItsWorkAreOver() {
    assertThat(place.enter()).isTrue();
    place.exit();
    assertThat(freed).as("the call goes on").hasValue(0);
    assertThat(place.enter()).isTrue();
    place.exit();
    place.exit();
    assertThat(freed).hasValue(1);
  }

  @Test
  void workThatComesTooLateIsNotBegun() {
    place.exit();
    assertThat(place.enter()).isFalse();
    assertThat(freed).hasValue(1);
    assertThatThrownBy(place::exit).hasMessage("left more often than entered");
  }

  @Test
  void travelsInTheContext() {
    assertThat(Occupancy.of(Context.ROOT)).isNull();
    assertThat(Occupancy.of(place.in(Context.ROOT))).isSameAs(place);
  }

  @RepeatedTest(50)
  void isFreedOnceUnderARace() throws InterruptedException {
    int threads = 4;
    CountDownLatch done = new CountDownLatch(threads);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      pool.execute(
          () -> {
            for (int turn = 0; turn < 1_000 && place.enter(); turn++) {
              assertThat(freed).hasValue(0);
              place.exit();
            }
            done.countDown();
          });
    }
    place.exit();
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    pool.shutdown();
    assertThat(freed).hasValue(1);
  }
}
