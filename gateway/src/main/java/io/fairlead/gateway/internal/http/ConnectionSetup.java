package io.fairlead.gateway.internal.http;

import io.grpc.Attributes;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.ApplicationProtocolNames;

/** Gives a connection to grpc-java, or to HTTP/1.1, once it is known what it speaks. */
record ConnectionSetup(
    Attributes shared,
    HttpService service,
    ConnectionLimits limits,
    GatewayConnections connections) {
  /** The handler of grpc-java that waits at the end until a connection is set up. */
  private static final String BUFFERING = "WriteBufferingAndExceptionHandler";

  /**
   * Continues as HTTP/2: with grpc-java, and the gateway for streams that are not gRPC.
   *
   * @param from what stands in grpc's place until now
   */
  void http2(
      ChannelHandlerContext from,
      GrpcHttp2ConnectionHandler grpc,
      ProtocolNegotiationEvent negotiated) {
    ConnectionInfo info = info(negotiated, true);
    from.pipeline()
        .replace(from.handler(), null, InternalProtocolNegotiators.grpcNegotiationHandler(grpc));
    grpc.decoder()
        .frameListener(new Http2Streams(grpc.decoder().frameListener(), grpc, service, info));
    from.fireUserEventTriggered(negotiated);
  }

  /** Continues as HTTP/1.1, without grpc-java. */
  void http1(
      ChannelHandlerContext from,
      GrpcHttp2ConnectionHandler grpc,
      ProtocolNegotiationEvent negotiated) {
    grpc.notifyUnused();
    ChannelPipeline pipeline = from.pipeline();
    for (var entry : pipeline.toMap().entrySet()) {
      ChannelHandler handler = entry.getValue();
      if (handler.getClass().getSimpleName().equals(BUFFERING)) {
        pipeline.remove(handler);
      }
    }
    Http1Connection connection =
        new Http1Connection(service, info(negotiated, false), limits, connections);
    if (!connections.add(connection)) {
      var unused = from.close();
      return;
    }
    pipeline.addLast(new StrictRequestDecoder(limits), new HttpResponseEncoder(), connection);
    // The guard of the server's connections, which stands before this, takes all for HTTP/2 else.
    pipeline.fireUserEventTriggered(ApplicationProtocolNames.HTTP_1_1);
    pipeline.remove(from.handler());
  }

  private ConnectionInfo info(ProtocolNegotiationEvent negotiated, boolean http2) {
    return new ConnectionInfo(
        InternalProtocolNegotiationEvent.getAttributes(negotiated).toBuilder()
            .setAll(shared)
            .build(),
        http2);
  }
}
