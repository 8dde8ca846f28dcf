package io.fairlead.internal.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.internal.transport.NettyTransportKind;
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
class EventLoopBlockDetectorTest {
  private static final long LIMIT = 100;

  private final List<String> reports = new ArrayList<>();
  private final List<String> looking = new ArrayList<>();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NettyTransportKind.ioHandlers());
  private final EventLoop loop = loops.next();
  private final EventLoopBlockDetector detector =
      new EventLoopBlockDetector(
          LIMIT,
          (method, thread) -> reports.add(method),
          new EventLoopBlockDetector.Ticker() {
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
  void blockedLoopIsReportedOnce() throws Exception {
    LoopActivity activity = enter("a");
    detector.checkSlots(0);
    detector.checkSlots(LIMIT - 1);
    assertThat(reports).isEmpty();
    detector.checkSlots(LIMIT);
    detector.checkSlots(LIMIT + 1);
    assertThat(reports).containsExactly("a");
    assertThat(detector.holds()).as("one run, however often it is seen").isEqualTo(1);
    exit(activity);
    LoopActivity again = enter("a");
    detector.checkSlots(1_000);
    detector.checkSlots(2_000);
    assertThat(reports).containsExactly("a");
    assertThat(detector.holds()).as("every run, though it is logged once").isEqualTo(2);
    exit(again);
  }

  @Test
  void eachTaskHasTheWholeLimit() throws Exception {
    for (int turn = 0; turn < 5; turn++) {
      LoopActivity activity = enter("short");
      detector.checkSlots(turn * (LIMIT - 1));
      exit(activity);
    }
    assertThat(reports).isEmpty();
  }

  @Test
  void nestedCodeCountsForTheOutermostMethod() throws Exception {
    LoopActivity outer = enter("outer");
    detector.checkSlots(0);
    exit(enter("inner"));
    detector.checkSlots(LIMIT);
    assertThat(reports).containsExactly("outer");
    exit(outer);
  }

  @Test
  void anOrdinaryThreadIsNotWatched() {
    assertThat(detector.enter("a")).isNull();
    EventLoopBlockDetector.exit(null);
    assertThat(looking).isEmpty();
  }

  @Test
  void checksOnlyWhileLoopsExist() throws Exception {
    exit(enter("a"));
    exit(enter("b"));
    detector.checkSlots(0);
    assertThat(looking).containsExactly("begin");
    endLoop();
    // A loop's group may say that it has ended a moment before its thread has.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (looking.size() < 2 && System.nanoTime() - end < 0) {
      detector.checkSlots(1);
    }
    assertThat(looking).containsExactly("begin", "end");
  }

  private LoopActivity enter(String method) throws Exception {
    LoopActivity activity = loop.submit(() -> detector.enter(method)).get();
    assertThat(activity).isNotNull();
    return activity;
  }

  private void exit(LoopActivity activity) throws Exception {
    loop.submit(() -> EventLoopBlockDetector.exit(activity)).get();
  }
}
