package io.fairlead.bench.vertx;

import io.fairlead.bench.v1.EchoGrpcService;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.transcoding.MethodTranscodingOptions;
import io.vertx.grpc.transcoding.TranscodingServiceMethod;
import java.util.concurrent.atomic.AtomicInteger;

/** Vert.x with its transcoding, for {@code bench/one-core/run --rest} alone. */
public final class VertxRestVariant extends VertxVariant {
  /** Made by ServiceLoader. */
  public VertxRestVariant() {}

  @Override
  public String name() {
    return "vertx-rest";
  }

  @Override
  EchoVerticle verticle(HttpServerOptions options, AtomicInteger port) {
    return new RestVerticle(options, port);
  }

  private static final class RestVerticle extends EchoVerticle {
    RestVerticle(HttpServerOptions options, AtomicInteger port) {
      super(options, port);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a write fails only when the caller has left
    void add(GrpcServer grpc) {
      grpc.callHandler(
          TranscodingServiceMethod.server(
              EchoGrpcService.Unary,
              new MethodTranscodingOptions()
                  .setHttpMethod(HttpMethod.POST)
                  .setPath("/v1/echo")
                  .setBody("*")),
          request -> request.handler(message -> request.response().end(message)));
    }
  }
}
