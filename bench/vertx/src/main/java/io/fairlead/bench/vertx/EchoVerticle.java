package io.fairlead.bench.vertx;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.util.concurrent.atomic.AtomicInteger;

/** One server on one event loop; all instances share a port. */
class EchoVerticle extends VerticleBase {
  /** A free port, the same for all instances of a deployment. */
  private static final int ANY_SHARED_PORT = -1;

  private final HttpServerOptions options;
  private final AtomicInteger port;

  EchoVerticle(HttpServerOptions options, AtomicInteger port) {
    this.options = options;
    this.port = port;
  }

  /** Adds what is served; for a variant with something else. */
  void add(GrpcServer grpc) {
    grpc.addService(new VertxEcho());
  }

  @Override
  public Future<HttpServer> start() {
    GrpcServer grpc =
        GrpcServer.server(
            vertx,
            new GrpcServerOptions()
                .setScheduleDeadlineAutomatically(true)
                .setMaxMessageSize(VertxVariant.MAX_MESSAGE_BYTES));
    add(grpc);
    return vertx
        .createHttpServer(options)
        .requestHandler(grpc)
        .listen(ANY_SHARED_PORT, "127.0.0.1")
        .onSuccess(server -> port.set(server.actualPort()));
  }
}
