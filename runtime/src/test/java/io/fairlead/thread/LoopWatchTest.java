package io.fairlead.thread;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real loops, and a clock of the test's. */
@Timeout(60)
class LoopWatchTest {
  private static final long LIMIT = 100;

  private final List<String> reports = new ArrayList<>();
  private final List<String> looking = new ArrayList<>();
  private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, Sockets.ioHandlers());
  private final EventLoop loop = loops.next();
  private final LoopWatch watch =
      new LoopWatch(
          LIMIT,
          (method, thread) -> reports.add(method),
          new LoopWatch.Looking() {
            @Override
            public void begin() {
              looking.add("begin");
            }

            @Override
            public void end() {
              looking.add("end");
            }
          });

  @AfterEach
  void endLoops() throws InterruptedException {
    endLoop();
  }

  private void endLoop() throws InterruptedException {
    assertThat(loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).await(30, TimeUnit.SECONDS))
        .isTrue();
  }

  @Test
  void whatHoldsALoopUpToTheLimitIsReportedOnce() throws Exception {
    LoopSlot slot = enter("a");
    watch.look(0);
    watch.look(LIMIT - 1);
    assertThat(reports).isEmpty();
    watch.look(LIMIT);
    watch.look(LIMIT + 1);
    assertThat(reports).containsExactly("a");
    exit(slot);
    LoopSlot again = enter("a");
    watch.look(1_000);
    watch.look(2_000);
    assertThat(reports).containsExactly("a");
    exit(again);
  }

  @Test
  void eachTurnHasTheWholeLimit() throws Exception {
    for (int turn = 0; turn < 5; turn++) {
      LoopSlot slot = enter("short");
      watch.look(turn * (LIMIT - 1));
      exit(slot);
    }
    assertThat(reports).isEmpty();
  }

  @Test
  void codeInsideCodeBelongsToTheOutermost() throws Exception {
    LoopSlot outer = enter("outer");
    watch.look(0);
    exit(enter("inner"));
    watch.look(LIMIT);
    assertThat(reports).containsExactly("outer");
    exit(outer);
  }

  @Test
  void anOrdinaryThreadIsNotWatched() {
    assertThat(watch.enter("a")).isNull();
    LoopWatch.exit(null);
    assertThat(looking).isEmpty();
  }

  @Test
  void looksOnlyWhileThereAreLoops() throws Exception {
    exit(enter("a"));
    exit(enter("b"));
    watch.look(0);
    assertThat(looking).containsExactly("begin");
    endLoop();
    // A loop's group may say that it has ended a moment before its thread has.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (looking.size() < 2 && System.nanoTime() - end < 0) {
      watch.look(1);
    }
    assertThat(looking).containsExactly("begin", "end");
  }

  private LoopSlot enter(String method) throws Exception {
    LoopSlot slot = loop.submit(() -> watch.enter(method)).get();
    assertThat(slot).isNotNull();
    return slot;
  }

  private void exit(LoopSlot slot) throws Exception {
    loop.submit(() -> LoopWatch.exit(slot)).get();
  }
}
