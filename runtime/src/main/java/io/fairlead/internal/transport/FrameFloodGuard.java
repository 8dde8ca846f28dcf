package io.fairlead.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Closes a connection on which a server sends frames without end that say nothing: informational
 * headers (1xx) and empty DATA. Each costs the event loop work, and timers of other calls come
 * late. Added before the connection speaks, it leaves the pipeline with the first bytes.
 */
final class FrameFloodGuard extends ChannelInboundHandlerAdapter {
  /** Some servers send one such frame now and then; none has a reason for so many in a row. */
  static final int MOST = 100;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    Http2ConnectionHandler http2 = ctx.pipeline().get(Http2ConnectionHandler.class);
    if (http2 != null) {
      http2.decoder().frameListener(new Counting(http2.decoder().frameListener()));
      ctx.fireChannelRead(message);
      ctx.pipeline().remove(this);
    } else {
      ctx.fireChannelRead(message); // the handshake of TLS
    }
  }

  /** On the event loop of its connection alone. */
  private static final class Counting extends Http2FrameListenerDecorator {
    private int inARow;

    Counting(Http2FrameListener listener) {
      super(listener);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean end)
        throws Http2Exception {
      count(!end && !data.isReadable());
      return super.onDataRead(ctx, stream, data, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      count(!end && isInformational(headers));
      super.onHeadersRead(ctx, stream, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end)
        throws Http2Exception {
      count(!end && isInformational(headers));
      super.onHeadersRead(ctx, stream, headers, dependency, weight, exclusive, padding, end);
    }

    private static boolean isInformational(Http2Headers headers) {
      CharSequence status = headers.status();
      return status != null && status.length() == 3 && status.charAt(0) == '1';
    }

    private void count(boolean saysNothing) throws Http2Exception {
      if (!saysNothing) {
        inARow = 0;
      } else if (++inARow > MOST) {
        throw Http2Exception.connectionError(
            Http2Error.ENHANCE_YOUR_CALM,
            "the server sent more than %d frames in a row that say nothing (1xx headers or empty"
                + " DATA); the connection was closed",
            MOST);
      }
    }
  }
}
