package io.fairlead.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How many frames that carry nothing a connection may send, and that no split hides one. */
class FrameGuardTest {
  private static final byte[] PREFACE = new byte[24];

  private final AtomicLong nanos = new AtomicLong();
  private final FrameGuard guard = new FrameGuard(Duration.ofSeconds(10), nanos::get);

  private boolean read(byte... bytes) {
    return guard.read(Unpooled.wrappedBuffer(bytes));
  }

  /** The timer of the set-up is due meanwhile. */
  @Test
  void aHeaderBlockThatBeginsLateHasItsWholeTime() {
    EmbeddedChannel connection = new EmbeddedChannel();
    connection.freezeTime();
    connection.pipeline().addLast(new ReadSplittingHandler(guard));
    connection.writeInbound(Unpooled.wrappedBuffer(PREFACE));
    connection.writeInbound(
        Unpooled.wrappedBuffer(new byte[] {0, 0, 0, Http2FrameTypes.SETTINGS, 0, 0, 0, 0, 0}));
    connection.advanceTimeBy(9, TimeUnit.SECONDS);
    connection.writeInbound(
        Unpooled.wrappedBuffer(new byte[] {0, 0, 5, Http2FrameTypes.HEADERS, 0, 0, 0, 0, 1}));
    connection.advanceTimeBy(9, TimeUnit.SECONDS);
    connection.runScheduledPendingTasks();
    connection.checkException();
    connection.advanceTimeBy(11, TimeUnit.SECONDS);
    connection.runScheduledPendingTasks();
    assertThatThrownBy(connection::checkException)
        .hasMessageContaining("a header block was not complete after 10s");
    connection.releaseInbound();
  }

  private boolean frames(int count, int type, int flags, int length) {
    ByteBuf all = Unpooled.buffer();
    for (int i = 0; i < count; i++) {
      all.writeMedium(length).writeByte(type).writeByte(flags).writeInt(1).writeZero(length);
    }
    return guard.read(all);
  }

  @Test
  void oneMoreThanTheLimitWithinASecondIsTooMany() {
    assertThat(read(PREFACE)).isTrue();
    assertThat(frames(FrameGuard.MOST_A_SECOND, Http2FrameTypes.SETTINGS, 0, 0)).isTrue();
    assertThat(frames(1, Http2FrameTypes.SETTINGS, 0, 0)).isFalse();
    assertThat(frames(1, Http2FrameTypes.DATA, 0, 5)).as("what follows").isFalse();
  }

  @Test
  void theSameInTwoSecondsIsNot() {
    assertThat(read(PREFACE)).isTrue();
    assertThat(frames(FrameGuard.MOST_A_SECOND, Http2FrameTypes.SETTINGS, 0, 6)).isTrue();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(1) + 1);
    assertThat(frames(FrameGuard.MOST_A_SECOND, Http2FrameTypes.PRIORITY, 0, 5)).isTrue();
  }

  /** Whatever a busy client sends: calls, messages, their ends, and credit for answers. */
  @Test
  void whatACallNeedsIsNotCounted() {
    assertThat(read(PREFACE)).isTrue();
    for (int i = 0; i < 10; i++) {
      assertThat(frames(1_000, Http2FrameTypes.HEADERS, 4, 30)).isTrue();
      assertThat(frames(1_000, Http2FrameTypes.DATA, 0, 10)).isTrue();
      assertThat(frames(1_000, Http2FrameTypes.DATA, 1, 0)).isTrue();
      assertThat(frames(1_000, Http2FrameTypes.WINDOW_UPDATE, 0, 4)).isTrue();
      assertThat(frames(1_000, Http2FrameTypes.RST_STREAM, 0, 4)).isTrue();
    }
  }

  @Test
  void aFrameIsCountedHoweverItsBytesArrive() {
    byte[] frame = {0, 0, 5, Http2FrameTypes.PRIORITY, 0, 0, 0, 0, 1, 0, 0, 0, 0, 16};
    for (byte one : PREFACE) {
      assertThat(read(one)).isTrue();
    }
    for (int i = 0; i < FrameGuard.MOST_A_SECOND; i++) {
      int split = i % frame.length;
      ByteBuf all = Unpooled.wrappedBuffer(frame);
      assertThat(guard.read(all.readSlice(split))).isTrue();
      assertThat(guard.read(all)).isTrue();
    }
    assertThat(read(frame)).isFalse();
  }
}
