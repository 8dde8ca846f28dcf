package io.fairlead.gateway.internal.grpcweb;

import io.fairlead.gateway.internal.call.EnvelopeReader;
import io.fairlead.gateway.internal.http.BodyReceiver;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Base64;

/**
 * A body in base64. It may be several pieces, each with its padding: so it is read in groups of
 * four characters, of which any may be the last of a piece.
 */
final class Base64Body implements BodyReceiver {
  private static final int GROUP = 4;

  private final EnvelopeReader frames;
  private final byte[] group = new byte[GROUP];
  private int known;
  private boolean bad;

  Base64Body(EnvelopeReader frames) {
    this.frames = frames;
  }

  @Override
  public void data(ByteBuf data) {
    try {
      ByteBuf plain = Unpooled.buffer(data.readableBytes());
      while (data.isReadable() && !bad) {
        group[known++] = data.readByte();
        if (known == GROUP) {
          known = 0;
          plain.writeBytes(Base64.getDecoder().decode(group));
        }
      }
      if (!bad) {
        frames.data(plain);
      }
    } catch (IllegalArgumentException e) {
      refuse("the body is not base64: " + e.getMessage());
    } finally {
      data.release();
    }
  }

  private void refuse(String why) {
    bad = true;
    frames.refuse(Status.INVALID_ARGUMENT.withDescription(why));
  }

  @Override
  public void end() {
    if (known > 0) {
      refuse("the base64 of the body ends within a group of four");
    }
    if (!bad) {
      frames.end();
    }
  }

  @Override
  public void cancelled() {
    frames.cancelled();
  }
}
