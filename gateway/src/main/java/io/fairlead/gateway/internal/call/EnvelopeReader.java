package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.BodyReceiver;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Function;

/**
 * Reads messages from a body: each has a byte of flags and four of length before it, as in gRPC,
 * gRPC-Web and Connect's streams.
 */
public final class EnvelopeReader implements BodyReceiver {
  private static final int HEAD = 5;
  private static final int COMPRESSED = 1;

  private final GatewayCall<?, ?> call;
  private final int limit;
  private final boolean gzip;
  private final Function<byte[], byte[]> decoder;
  private final ByteBuf waiting = Unpooled.buffer(0);
  private boolean refused;

  /**
   * Begins.
   *
   * @param gzip how messages are compressed that say so
   * @param decoder makes a message in protobuf's form; throws a status
   */
  public EnvelopeReader(
      GatewayCall<?, ?> call, int limit, boolean gzip, Function<byte[], byte[]> decoder) {
    this.call = call;
    this.limit = limit;
    this.gzip = gzip;
    this.decoder = decoder;
  }

  @Override
  public void data(ByteBuf data) {
    try {
      if (refused) {
        return;
      }
      waiting.writeBytes(data);
      while (!refused && waiting.readableBytes() >= HEAD) {
        int flags = waiting.getUnsignedByte(waiting.readerIndex());
        long length = waiting.getUnsignedInt(waiting.readerIndex() + 1);
        if (flags > COMPRESSED) {
          throw invalid("the flags of a message are " + flags + "; known are 0 and 1");
        }
        if (length > limit) {
          throw Gzip.tooLarge(limit);
        }
        if (waiting.readableBytes() < HEAD + length) {
          break;
        }
        waiting.skipBytes(HEAD);
        byte[] message = new byte[(int) length];
        waiting.readBytes(message);
        waiting.discardSomeReadBytes();
        call.receive(message, raw -> decoder.apply(plain(flags, raw)));
      }
    } catch (StatusRuntimeException e) {
      refuse(e.getStatus());
    } finally {
      data.release();
    }
  }

  private byte[] plain(int flags, byte[] message) {
    if (flags != COMPRESSED) {
      return message;
    }
    if (!gzip) {
      throw Status.INTERNAL
          .withDescription("a message says that it is compressed, and no header says how")
          .asRuntimeException();
    }
    return message.length == 0 ? message : Gzip.decompress(message, limit);
  }

  private static RuntimeException invalid(String why) {
    return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
  }

  /** Ends the call for a body that cannot be read. */
  public void refuse(Status status) {
    if (!refused) {
      refused = true;
      call.fail(status);
    }
  }

  @Override
  public void end() {
    if (waiting.isReadable()) {
      refuse(
          Status.INVALID_ARGUMENT.withDescription(
              "the body ends within a message, after "
                  + waiting.readableBytes()
                  + " of its bytes"));
    }
    if (!refused) {
      call.endRequests();
    }
  }

  @Override
  public void cancelled() {
    call.callerLeft();
  }

  /** Returns a message within its envelope. */
  static ByteBuf envelope(int flags, byte[] message) {
    return Unpooled.buffer(HEAD + message.length)
        .writeByte(flags)
        .writeInt(message.length)
        .writeBytes(message);
  }
}
