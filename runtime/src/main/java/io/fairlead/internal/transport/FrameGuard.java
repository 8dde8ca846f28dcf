package io.fairlead.internal.transport;

import io.fairlead.internal.Durations;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the frames that the client of one connection sends, and ends the connection where neither
 * Netty nor grpc-java does: a set-up or a header block that does not come to its end in time, and
 * frames without end that carry nothing.
 *
 * <p>It follows the lengths in the heads of frames and reads nothing else, so a frame costs a few
 * comparisons. It stands behind the decryption. All fields belong to the connection's loop.
 */
final class FrameGuard {
  /** Empty frames of one second. An honest client sends a few in all. */
  static final int MOST_A_SECOND = 1_000;

  private static final int PREFACE_BYTES = 24;

  /** What the first timer waits for, which is no header block. */
  private static final int SET_UP = -1;

  private static final int HEAD_BYTES = 9;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Duration timeout;
  private final LongSupplier ticker;

  /** Bytes of the preface, or of a frame's payload, that are to come. */
  private int left = PREFACE_BYTES;

  /** The first bytes of a head that came in two reads, and how many there are. */
  private long head;

  private int headBytes;

  private int type = -1;
  private int flags;

  /** The client's settings are there. */
  private boolean begun;

  /** A header block has begun that has not ended. */
  private boolean inBlock;

  /** Header blocks that have ended: a timer sees by it whether it waits for the same one still. */
  private int blocks;

  private boolean ended;

  /** The connection speaks something else: what comes are no frames. */
  private boolean foreign;

  private @Nullable Future<?> timer;

  /** Of the handler that feeds it, which moves when there is TLS. */
  private @Nullable ChannelHandlerContext ctx;

  private long second;
  private int emptyFrames;

  FrameGuard(Duration timeout, LongSupplier ticker) {
    this.timeout = timeout;
    this.ticker = ticker;
    this.second = ticker.getAsLong();
  }

  /** Takes its place in the connection. The first time it begins to wait for the set-up. */
  void attach(ChannelHandlerContext place) {
    ctx = place;
    if (timer == null && !foreign) {
      startTimer(place, SET_UP);
    }
  }

  void stop() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  /** Lets everything pass from here on. */
  void leave() {
    foreign = true;
    stop();
  }

  /** Returns false if the bytes are to be thrown away: the connection is ended. */
  boolean read(ByteBuf bytes) {
    if (ended || foreign) {
      return foreign;
    }
    follow(bytes);
    if (emptyFrames > MOST_A_SECOND) {
      end(
          "more than "
              + MOST_A_SECOND
              + " frames within a second that carry nothing; the connection was closed");
      return false;
    }
    if (inBlock && timer == null && ctx != null) {
      startTimer(ctx, blocks);
    }
    return true;
  }

  private void follow(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (left > 0) {
        int step = Math.min(left, end - at);
        at += step;
        left -= step;
        if (left == 0) {
          endFrame();
        }
      } else if (headBytes == 0 && end - at >= HEAD_BYTES) {
        beginFrame(bytes.getUnsignedMedium(at), bytes.getByte(at + 3), bytes.getByte(at + 4));
        at += HEAD_BYTES;
      } else {
        // Length, type and flags are the first five bytes.
        if (headBytes < 5) {
          head = head << 8 | bytes.getUnsignedByte(at);
        }
        at++;
        if (++headBytes == HEAD_BYTES) {
          headBytes = 0;
          beginFrame((int) (head >> 16) & 0xffffff, (byte) (head >> 8), (byte) head);
        }
      }
    }
  }

  private void beginFrame(int length, byte kind, byte flag) {
    type = kind;
    flags = flag;
    left = length;
    if (kind == Http2FrameTypes.HEADERS) {
      inBlock = true;
    } else if (isEmpty(length)) {
      countEmpty();
    }
    if (length == 0) {
      endFrame();
    }
  }

  private void endFrame() {
    switch (type) {
      case Http2FrameTypes.SETTINGS -> begun = true;
      case Http2FrameTypes.HEADERS, Http2FrameTypes.CONTINUATION -> {
        if ((flags & Http2Flags.END_HEADERS) != 0) {
          inBlock = false;
          blocks++;
        }
      }
      default -> {
        // Others are over with their last byte.
      }
    }
  }

  /**
   * Those that Netty and grpc-java count are left to them: resets, pings, continuations. Credit for
   * the window is sent as often as messages are read.
   */
  private boolean isEmpty(int length) {
    return switch (type) {
      case Http2FrameTypes.DATA -> length == 0 && (flags & Http2Flags.END_STREAM) == 0;
      case Http2FrameTypes.HEADERS,
          Http2FrameTypes.CONTINUATION,
          Http2FrameTypes.RST_STREAM,
          Http2FrameTypes.WINDOW_UPDATE ->
          false;
      case Http2FrameTypes.PING -> (flags & Http2Flags.ACK) != 0;
      // SETTINGS, PRIORITY, GOAWAY and what HTTP/2 does not know.
      default -> true;
    };
  }

  private void countEmpty() {
    long now = ticker.getAsLong();
    if (now - second > SECOND) {
      second = now;
      emptyFrames = 0;
    }
    emptyFrames++;
  }

  private void startTimer(ChannelHandlerContext place, int waitingFor) {
    timer =
        place
            .executor()
            .schedule(() -> onTime(place, waitingFor), timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void onTime(ChannelHandlerContext place, int waitedFor) {
    timer = null;
    if (!begun) {
      ended = true;
      if (ctx != null) {
        // From here, so that grpc-java does not wait for the peer once more.
        var unused = ctx.close();
      }
    } else if (inBlock && blocks == waitedFor) {
      end(
          "a header block was not complete after "
              + Durations.format(timeout)
              + "; the connection was closed");
    } else if (inBlock) {
      startTimer(place, blocks);
    }
  }

  private void end(String why) {
    ended = true;
    if (ctx != null) {
      ctx.fireExceptionCaught(Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, why));
    }
  }
}
