package io.fairlead.gateway.internal.rest;

import io.fairlead.gateway.internal.call.GatewayCall;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.function.UnaryOperator;

/**
 * Reads a stream of {@code HttpBody}: each part of the body becomes a message, of whatever size it
 * came in. The caller may send on when the handler has asked for all that came, so that an upload
 * takes no more memory than its parts. An empty body is one empty message.
 */
final class RawBody implements BodyReceiver {
  private static final byte[] NOTHING = {};

  private final GatewayCall<?, ?> call;
  private final UnaryOperator<byte[]> decoder;
  private boolean begun;

  RawBody(GatewayCall<?, ?> call, UnaryOperator<byte[]> decoder) {
    this.call = call;
    this.decoder = decoder;
  }

  @Override
  public void data(ByteBuf data) {
    try {
      if (data.isReadable()) {
        begun = true;
        call.receive(ByteBufUtil.getBytes(data), decoder);
      }
    } finally {
      data.release();
    }
  }

  @Override
  public void end() {
    if (!begun) {
      call.receive(NOTHING, decoder);
    }
    call.endRequests();
  }

  @Override
  public void cancelled() {
    call.callerLeft();
  }
}
