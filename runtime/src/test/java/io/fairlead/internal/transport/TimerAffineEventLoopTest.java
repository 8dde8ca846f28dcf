package io.fairlead.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TimerAffineEventLoopTest {
  private final AtomicInteger wakeUps = new AtomicInteger();
  private final TimerAffineEventLoopGroup loops =
      new TimerAffineEventLoopGroup(2, new DefaultThreadFactory("test-loop", true), counted());

  @AfterEach
  void close() {
    loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void aTimerThatALoopSetsStaysOnIt() throws Exception {
    for (int i = 0; i < 10; i++) {
      CompletableFuture<Thread> setter = new CompletableFuture<>();
      CompletableFuture<Thread> runner = new CompletableFuture<>();
      loops
          .next()
          .execute(
              () -> {
                setter.complete(Thread.currentThread());
                var unused =
                    loops.schedule(
                        () -> runner.complete(Thread.currentThread()), 1, TimeUnit.MICROSECONDS);
              });
      assertThat(runner.get(60, TimeUnit.SECONDS)).isSameAs(setter.get(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void aTimerFromOutsideRunsWhenItIsDueThoughNothingElseWakesItsLoop() throws Exception {
    // Beside the 5 ms of the looks: some fall before one, some after it, some are the only ones.
    for (long micros : new long[] {0, 100, 2_000, 4_999, 5_001, 20_000, 100_000}) {
      for (int repeat = 0; repeat < 3; repeat++) {
        long set = System.nanoTime();
        ScheduledFuture<Long> timer =
            loops.schedule(System::nanoTime, micros, TimeUnit.MICROSECONDS);
        assertThat(timer.get(60, TimeUnit.SECONDS) - set)
            .isGreaterThanOrEqualTo(TimeUnit.MICROSECONDS.toNanos(micros));
      }
    }
  }

  @Test
  void manyTimersFromManyThreadsAllRun() throws Exception {
    List<CompletableFuture<Void>> setters = new ArrayList<>();
    AtomicInteger ran = new AtomicInteger();
    for (int thread = 0; thread < 4; thread++) {
      setters.add(
          CompletableFuture.runAsync(
              () -> {
                List<Future<?>> timers = new ArrayList<>();
                for (int i = 0; i < 2_000; i++) {
                  timers.add(
                      loops.schedule(ran::incrementAndGet, i % 13 * 700L, TimeUnit.MICROSECONDS));
                }
                timers.forEach(Future::syncUninterruptibly);
              }));
    }
    CompletableFuture.allOf(setters.toArray(new CompletableFuture<?>[0])).get(60, TimeUnit.SECONDS);
    assertThat(ran).hasValue(8_000);
  }

  @Test
  void timersThatAreCancelledLongBeforeTheyAreDueWakeNobody() {
    for (int i = 0; i < 10_000; i++) {
      loops.schedule(() -> {}, 10, TimeUnit.SECONDS).cancel(false);
    }
    // A thread that is held up between two of them lets a loop fall asleep for good, at most.
    assertThat(wakeUps.get()).isLessThan(5_000);
  }

  private IoHandlerFactory counted() {
    IoHandlerFactory sockets = NioIoHandler.newFactory();
    return executor -> new Counted(sockets.newHandler(executor));
  }

  /** Counts how often a loop is woken. */
  private final class Counted implements IoHandler {
    private final IoHandler sockets;

    Counted(IoHandler sockets) {
      this.sockets = sockets;
    }

    @Override
    public int run(IoHandlerContext context) {
      return sockets.run(context);
    }

    @Override
    public void prepareToDestroy() {
      sockets.prepareToDestroy();
    }

    @Override
    public void destroy() {
      sockets.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
      return sockets.register(handle);
    }

    @Override
    public void wakeup() {
      wakeUps.incrementAndGet();
      sockets.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handle) {
      return sockets.isCompatible(handle);
    }
  }
}
