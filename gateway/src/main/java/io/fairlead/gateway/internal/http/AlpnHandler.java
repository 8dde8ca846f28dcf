package io.fairlead.gateway.internal.http;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.InternalChannelz;
import io.grpc.SecurityLevel;
import io.grpc.internal.GrpcAttributes;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Finds out what a connection with TLS speaks; one that does not say so speaks HTTP/1.1. */
final class AlpnHandler extends ChannelInboundHandlerAdapter {
  private final ConnectionSetup setup;
  private final GrpcHttp2ConnectionHandler grpc;
  private final SslContext context;
  private final @Nullable Executor offload;
  private ProtocolNegotiationEvent negotiated = InternalProtocolNegotiationEvent.getDefault();

  AlpnHandler(
      ConnectionSetup setup,
      GrpcHttp2ConnectionHandler grpc,
      SslContext context,
      @Nullable Executor offload) {
    this.setup = setup;
    this.grpc = grpc;
    this.context = context;
    this.offload = offload;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    SslHandler tls =
        offload == null
            ? new SslHandler(context.newEngine(ctx.alloc()))
            : new SslHandler(context.newEngine(ctx.alloc()), offload);
    ctx.pipeline().addBefore(ctx.name(), null, tls);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ProtocolNegotiationEvent reached) {
      negotiated = reached;
    } else if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        shaken(ctx);
      } else {
        ctx.fireExceptionCaught(handshake.cause());
      }
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void shaken(ChannelHandlerContext ctx) {
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    SSLSession session = tls.engine().getSession();
    Attributes attributes =
        InternalProtocolNegotiationEvent.getAttributes(negotiated).toBuilder()
            .set(GrpcAttributes.ATTR_SECURITY_LEVEL, SecurityLevel.PRIVACY_AND_INTEGRITY)
            .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session)
            .build();
    ProtocolNegotiationEvent secured =
        InternalProtocolNegotiationEvent.withSecurity(
            InternalProtocolNegotiationEvent.withAttributes(negotiated, attributes),
            new InternalChannelz.Security(new InternalChannelz.Tls(session)));
    if (ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
      setup.http2(ctx, grpc, secured);
    } else {
      setup.http1(ctx, grpc, secured);
    }
  }
}
