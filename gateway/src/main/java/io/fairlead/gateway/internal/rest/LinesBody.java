package io.fairlead.gateway.internal.rest;

import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.call.Gzip;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.UnaryOperator;

/**
 * Reads a stream of requests: a line of JSON for each, which becomes a message when the handler
 * asks for it. Empty lines are passed over.
 */
final class LinesBody implements BodyReceiver {
  private final GatewayCall<?, ?> call;
  private final int limit;
  private final UnaryOperator<byte[]> decoder;
  private final ByteBuf waiting = Unpooled.buffer(0);
  private boolean refused;

  LinesBody(GatewayCall<?, ?> call, int limit, UnaryOperator<byte[]> decoder) {
    this.call = call;
    this.limit = limit;
    this.decoder = decoder;
  }

  @Override
  public void data(ByteBuf data) {
    try {
      while (!refused && data.isReadable()) {
        int line = data.bytesBefore((byte) '\n');
        int length = line < 0 ? data.readableBytes() : line;
        if (length > limit - waiting.readableBytes()) {
          refused = true;
          call.fail(Gzip.tooLarge(limit).getStatus());
          return;
        }
        waiting.writeBytes(data, length);
        if (line >= 0) {
          data.skipBytes(1);
          take();
        }
      }
    } finally {
      data.release();
    }
  }

  private void take() {
    byte[] line = ByteBufUtil.getBytes(waiting);
    waiting.clear();
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        call.receive(line, decoder);
        return;
      }
    }
  }

  @Override
  public void end() {
    if (!refused) {
      take();
      call.endRequests();
    }
  }

  @Override
  public void cancelled() {
    call.callerLeft();
  }
}
