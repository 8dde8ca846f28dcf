package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.BodyReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Collects the body of a request that holds one message. */
public final class WholeBody implements BodyReceiver {
  private static final byte[] NOTHING = {};

  private final GatewayCall<?, ?> call;
  private final int limit;
  private final UnaryOperator<byte[]> decoder;

  /** The first part, which mostly is the whole body; null before it and from the second one on. */
  private byte @Nullable [] first;

  /** All parts, from the second one on. */
  private @Nullable ByteBuf collected;

  private int length;
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
      int bytes = data.readableBytes();
      if (bytes > limit - length) {
        refused = true;
        call.fail(Gzip.tooLarge(limit).getStatus());
        return;
      }
      if (bytes > 0) {
        add(data);
        length += bytes;
      }
    } finally {
      data.release();
    }
  }

  private void add(ByteBuf data) {
    ByteBuf all = collected;
    if (all == null && length == 0) {
      first = ByteBufUtil.getBytes(data);
      return;
    }
    if (all == null) {
      all = Unpooled.buffer(2 * (length + data.readableBytes()));
      collected = all;
      if (first != null) {
        all.writeBytes(first);
        first = null;
      }
    }
    all.writeBytes(data);
  }

  private byte[] body() {
    byte[] one = first;
    ByteBuf all = collected;
    return one != null ? one : all != null ? ByteBufUtil.getBytes(all) : NOTHING;
  }

  @Override
  public void end() {
    if (refused) {
      return;
    }
    call.receive(body(), decoder);
    call.endRequests();
  }

  @Override
  public void cancelled() {
    call.callerLeft();
  }
}
