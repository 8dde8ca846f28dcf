package io.fairlead.gateway.internal.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Finds out what a connection without TLS speaks, by its first bytes: those of HTTP/2 are fixed,
 * and no request of HTTP/1.1 begins with them. What was read goes on to whoever takes over.
 */
final class PrefaceHandler extends ByteToMessageDecoder {
  private static final byte[] PREFACE = "PRI * HTTP/2.0".getBytes(US_ASCII);

  private final ConnectionSetup setup;
  private final GrpcHttp2ConnectionHandler grpc;
  private ProtocolNegotiationEvent negotiated = InternalProtocolNegotiationEvent.getDefault();

  PrefaceHandler(ConnectionSetup setup, GrpcHttp2ConnectionHandler grpc) {
    this.setup = setup;
    this.grpc = grpc;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof ProtocolNegotiationEvent reached) {
      negotiated = reached;
    } else {
      super.userEventTriggered(ctx, event);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    int known = Math.min(in.readableBytes(), PREFACE.length);
    for (int i = 0; i < known; i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
        setup.http1(ctx, grpc, negotiated);
        return;
      }
    }
    if (known == PREFACE.length) {
      setup.http2(ctx, grpc, negotiated);
    }
  }
}
