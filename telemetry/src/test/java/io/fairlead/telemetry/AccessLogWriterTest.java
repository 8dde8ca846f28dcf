package io.fairlead.telemetry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.testkit.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each line is either written or counted as lost. */
@Timeout(60)
class AccessLogWriterTest {
  private static final Duration LONG = Duration.ofSeconds(50);

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final CountDownLatch hangs = new CountDownLatch(1);
  private final CountDownLatch goesOn = new CountDownLatch(1);

  private void hang(String line) throws InterruptedException {
    hangs.countDown();
    goesOn.await();
    lines.add(line);
  }

  private static void awaitLost(AccessLogWriter writer, long lost) {
    while (writer.lost() < lost && !Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
  }

  /** A flush is a call of the system, and a wake-up costs the thread that ends a call. */
  @Test
  void linesOfABusyProcessAreFlushedTogether() {
    AtomicInteger flushes = new AtomicInteger();
    AccessLog.Sink sink =
        new AccessLog.Sink() {
          @Override
          public void write(String line) {}

          @Override
          public void flush() {
            flushes.incrementAndGet();
          }
        };
    AccessLogWriter writer = new AccessLogWriter(sink, new ArrayBlockingQueue<>(10_000));
    long start = System.nanoTime();
    for (int i = 0; i < 2_000; i++) {
      writer.offer(() -> "a line");
      LockSupport.parkNanos(20_000); // slower than it is written
    }
    writer.close(LONG);
    long pauses =
        (System.nanoTime() - start) / TimeUnit.MILLISECONDS.toNanos(AccessLogWriter.PAUSE_MILLIS);
    assertThat(writer.written()).isEqualTo(2_000);
    assertThat((long) flushes.get()).isLessThanOrEqualTo(pauses + 5);
  }

  @Test
  void aSinkThatEndsWithAnErrorIsTriedAgain() {
    AtomicBoolean broken = new AtomicBoolean(true);
    AccessLogWriter writer =
        new AccessLogWriter(
            line -> {
              if (broken.get()) {
                throw new NoClassDefFoundError("shop/Format");
              }
              lines.add(line);
            },
            new ArrayBlockingQueue<>(10));
    try (LogCapture messages = LogCapture.of(AccessLog.class.getName())) {
      writer.offer(() -> "0");
      assertThat(messages.awaitFirst(() -> {})).contains("shop/Format");
      assertThat(writer.lost()).isEqualTo(1);
      broken.set(false);
      writer.offer(() -> "1");
      writer.close(LONG);
    }
    assertThat(lines).containsExactly("1");
    assertThat(writer.written()).isEqualTo(1);
    assertThat(writer.lost()).isEqualTo(1);
  }

  @Test
  void aLineThatComesWhileTheLogIsClosedIsCounted() {
    AtomicReference<AccessLogWriter> closing = new AtomicReference<>();
    AccessLogWriter writer =
        new AccessLogWriter(
            lines::add,
            new ArrayBlockingQueue<>(10) {
              @Override
              public boolean offer(Supplier<String> line) {
                requireNonNull(closing.get()).close(LONG); // after the line has been let through
                return super.offer(line);
              }
            });
    closing.set(writer);
    writer.offer(() -> "late");
    assertThat(lines).isEmpty();
    assertThat(writer.written()).isZero();
    assertThat(writer.lost()).isEqualTo(1);
  }

  @Test
  void linesThatClosingWritesOutAreCounted() throws Exception {
    ArrayBlockingQueue<Supplier<String>> queue = new ArrayBlockingQueue<>(10);
    AccessLogWriter writer = new AccessLogWriter(this::hang, queue);
    writer.offer(() -> "0");
    hangs.await();
    writer.offer(() -> "1");
    writer.offer(() -> "2");
    Thread closer = new Thread(() -> writer.close(LONG));
    closer.start();
    while (queue.size() < 3 && !Thread.currentThread().isInterrupted()) { // and the end
      Thread.onSpinWait();
    }
    goesOn.countDown();
    closer.join();
    assertThat(lines).containsExactly("0", "1", "2");
    assertThat(writer.written()).isEqualTo(3);
    assertThat(writer.lost()).isZero();
  }

  @Test
  void linesThatClosingDoesNotWaitForAreCountedOnce() throws Exception {
    AccessLogWriter writer = new AccessLogWriter(this::hang, new ArrayBlockingQueue<>(10));
    try (LogCapture messages = LogCapture.of(AccessLog.class.getName())) {
      writer.offer(() -> "0");
      hangs.await();
      writer.offer(() -> "1");
      writer.offer(() -> "2");
      writer.close(Duration.ZERO);
      assertThat(messages.warnings())
          .contains("the access log was closed with lines in its queue: 2");
      awaitLost(writer, 3);
      writer.close(LONG); // waits for the end of the thread
    }
    assertThat(lines).isEmpty();
    assertThat(writer.written()).isZero();
    assertThat(writer.lost()).isEqualTo(3);
  }
}
