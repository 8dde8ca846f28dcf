package io.fairlead.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * Hands on a read of many small calls in two halves, with the loop's waiting tasks between them.
 *
 * <p>One of those tasks flushes what the first half led to. Otherwise the two ends of a busy
 * connection take turns: each waits while the other works on everything that is in flight.
 *
 * <p>The second half is kept here until the task comes, or until anything else happens to the
 * connection, which must be seen after it. With TLS the handler moves itself behind the decryption
 * at the first read, as half of a record cannot be decrypted. One handler for each connection, on
 * its loop's thread alone.
 */
final class ReadSplittingHandler extends ChannelInboundHandlerAdapter {
  /** Some dozens of small calls. Smaller halves cost more writes than they win. */
  static final int MIN_BYTES = 4096;

  /**
   * From here on so much is under way that both ends work anyway. Bulk too: a full record of TLS
   * holds 16,384 bytes, and the JDK's 16,367.
   */
  static final int MAX_BYTES = 16_000;

  /** Sees the bytes first; null on the connections of clients. */
  private final @Nullable FrameGuard guard;

  private boolean placed;
  private @Nullable ByteBuf secondHalf;

  /** The second half is owed the end of the read. */
  private boolean readCompletePending;

  ReadSplittingHandler() {
    this(null);
  }

  ReadSplittingHandler(@Nullable FrameGuard guard) {
    this(guard, false);
  }

  private ReadSplittingHandler(@Nullable FrameGuard guard, boolean placed) {
    this.guard = guard;
    this.placed = placed;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (guard != null) {
      guard.attach(ctx);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!placed) {
      placed = true;
      ChannelHandlerContext tls = ctx.pipeline().context(SslHandler.class);
      if (tls != null) {
        // Half of a record is nothing to work on; the halves are those of what it held.
        ctx.pipeline().addAfter(tls.name(), null, new ReadSplittingHandler(guard, true));
        ctx.fireChannelRead(message);
        ctx.pipeline().remove(this);
        return;
      }
    }
    finish(ctx);
    if (guard != null && message instanceof ByteBuf all && !guard.read(all)) {
      all.release();
      return;
    }
    if (message instanceof ByteBuf bytes
        && bytes.readableBytes() >= MIN_BYTES
        && bytes.readableBytes() < MAX_BYTES) {
      secondHalf = bytes;
      ctx.fireChannelRead(bytes.readRetainedSlice(bytes.readableBytes() / 2));
      ctx.executor().execute(() -> finish(ctx));
    } else {
      ctx.fireChannelRead(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (secondHalf == null) {
      ctx.fireChannelReadComplete();
    } else {
      readCompletePending = true;
    }
  }

  private void finish(ChannelHandlerContext ctx) {
    ByteBuf half = secondHalf;
    if (half == null) {
      return;
    }
    secondHalf = null;
    ctx.fireChannelRead(half);
    if (readCompletePending) {
      readCompletePending = false;
      ctx.fireChannelReadComplete();
    }
  }

  // Whatever else happens to the connection happened after what was read.

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (guard != null) {
      guard.stop();
    }
    finish(ctx);
    ctx.fireChannelInactive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (ApplicationProtocolNames.HTTP_1_1.equals(event)) {
      // A gateway says so, which bounds the connection's times from here on. It does so while it
      // reads the first half, so the second has to wait.
      if (guard != null) {
        guard.leave();
      }
      return;
    }
    finish(ctx);
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    finish(ctx);
    ctx.fireExceptionCaught(cause);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    finish(ctx);
  }
}
