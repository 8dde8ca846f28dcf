package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.BodyReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.UnaryOperator;

/** Collects the body of a request that holds one message. */
public final class WholeBody implements BodyReceiver {
  private final GatewayCall<?, ?> call;
  private final int limit;
  private final UnaryOperator<byte[]> decoder;
  private final ByteBuf collected = Unpooled.buffer(0);
  private boolean refused;

  /**
   * Begins.
   *
   * @param decoder makes a message in protobuf's form; throws a status
   */
  public WholeBody(GatewayCall<?, ?> call, int limit, UnaryOperator<byte[]> decoder) {
    this.call = call;
    this.limit = limit;
    this.decoder = decoder;
  }

  @Override
  public void data(ByteBuf data) {
    try {
      if (refused) {
        return;
      }
      if (data.readableBytes() > limit - collected.readableBytes()) {
        refused = true;
        call.fail(Gzip.tooLarge(limit).getStatus());
        return;
      }
      collected.writeBytes(data);
    } finally {
      data.release();
    }
  }

  @Override
  public void end() {
    if (refused) {
      return;
    }
    call.receive(ByteBufUtil.getBytes(collected), decoder);
    call.endRequests();
  }

  @Override
  public void cancelled() {
    call.callerLeft();
  }
}
