package io.fairlead.internal.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class HandlerExecutorTest {
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<HandlerExecutor> open = new ArrayList<>();

  private HandlerExecutor add(HandlerExecutor handlers) {
    open.add(handlers);
    return handlers;
  }

  @AfterEach
  void close() throws InterruptedException {
    over.countDown();
    for (HandlerExecutor handlers : open) {
      handlers.close();
      assertThat(handlers.awaitEnd(Duration.ofSeconds(60))).isTrue();
    }
  }

  private void hold() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread threadOf(HandlerExecutor handlers) throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    handlers.run(() -> thread.complete(Thread.currentThread()));
    return thread.get(60, TimeUnit.SECONDS);
  }

  @Test
  void aPoolNamesItsThreadsAndGrowsToItsBound() throws Exception {
    HandlerExecutor pool = add(HandlerExecutor.pool("shop", 3));
    assertThat(pool.running()).isZero();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      CompletableFuture<String> name = new CompletableFuture<>();
      pool.run(
          () -> {
            name.complete(Thread.currentThread().getName());
            hold();
          });
      names.add(name.get(60, TimeUnit.SECONDS));
    }
    assertThat(names).containsExactly("shop-1", "shop-2", "shop-3");
    assertThatThrownBy(() -> pool.run(() -> {}))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("all 3 threads of shop are busy");
  }

  @Test
  void anIdleThreadIsUsedAgainAndGoesWhenNobodyNeedsIt() throws Exception {
    HandlerExecutor pool = add(new ElasticHandlerPool("brief", 3, 3, Duration.ofNanos(1)));
    Thread first = threadOf(pool);
    first.join(TimeUnit.SECONDS.toMillis(60));
    assertThat(first.isAlive()).isFalse();

    HandlerExecutor kept = add(new ElasticHandlerPool("kept", 1, 1, Duration.ofMinutes(10)));
    Thread one = threadOf(kept);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    Thread again = null;
    while (again == null && System.nanoTime() - end < 0) {
      try {
        again = threadOf(kept);
      } catch (RejectedExecutionException stillOnItsWayBack) {
        Thread.onSpinWait();
      }
    }
    assertThat(again).isSameAs(one);
  }

  @Test
  void streamsLeaveAQuarterOfThePoolToUnaryCalls() {
    HandlerExecutor pool = add(HandlerExecutor.pool("shop", 4));
    for (int i = 0; i < 3; i++) {
      pool.runStream(this::hold);
    }
    assertThatThrownBy(() -> pool.runStream(() -> {}))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("streams hold 3 threads of the 4 of shop, which is the most they may");
    pool.run(this::hold);
    assertThatThrownBy(() -> pool.run(() -> {})).hasMessage("all 4 threads of shop are busy");
  }

  @Test
  void aClosedPoolSaysSo() {
    HandlerExecutor pool = HandlerExecutor.pool("shop", 1);
    pool.close();
    assertThatThrownBy(() -> pool.run(() -> {}))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("shop is closed");
  }

  /** The same question on every Java; the answer depends on what it has. */
  @Test
  void javaSince21GivesVirtualThreadsWithoutABoundAndOlderOnesThePool() throws Exception {
    HandlerExecutor handlers = add(HandlerExecutor.create("shop", 2));
    Thread thread = threadOf(handlers);
    assertThat(thread.getName()).isEqualTo("shop-1");
    // The method that tells is not there on 17.
    boolean virtual = thread.toString().startsWith("VirtualThread[");
    assertThat(virtual).isEqualTo(Runtime.version().feature() >= 21);
    if (virtual) {
      for (int i = 0; i < 100; i++) {
        handlers.runStream(this::hold);
      }
      assertThat(handlers.running()).isGreaterThanOrEqualTo(100);
    } else {
      assertThat(handlers.toString()).endsWith("of at most 2 busy]");
    }
  }
}
