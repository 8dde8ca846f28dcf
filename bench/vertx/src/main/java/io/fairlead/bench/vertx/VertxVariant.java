package io.fairlead.bench.vertx;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Vert.x gRPC: generated service and client, a verticle for each core. */
public final class VertxVariant implements Variant {
  static final long MAX_MESSAGE_BYTES = 8 << 20;

  /** Made by ServiceLoader. */
  public VertxVariant() {}

  @Override
  public String name() {
    return "vertx";
  }

  @Override
  public BenchServer startServer(Wire wire) throws Exception {
    Vertx vertx = Vertx.vertx();
    HttpServerOptions options = new HttpServerOptions();
    if (wire.tls()) {
      options
          .setUseAlpn(true)
          .setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .addCertPath(Objects.requireNonNull(wire.certificate()).toString())
                  .addKeyPath(Objects.requireNonNull(wire.key()).toString()));
    }
    AtomicInteger port = new AtomicInteger();
    await(
        vertx.deployVerticle(
            () -> new EchoVerticle(options, port),
            new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors())));
    return new BenchServer() {
      @Override
      public int port() {
        return port.get();
      }

      @Override
      public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
      }
    };
  }

  @Override
  public BenchClient connect(Wire wire, int port) {
    HttpClientOptions options = new HttpClientOptions();
    if (wire.tls()) {
      options
          .setUseAlpn(true)
          .setSsl(true)
          .setTrustOptions(
              new PemTrustOptions()
                  .addCertPath(Objects.requireNonNull(wire.certificate()).toString()));
    }
    return new VertxClient(Vertx.vertx(), options, port);
  }

  /** Waits outside of Vert.x. */
  static <T> T await(Future<T> future) throws InterruptedException, ExecutionException {
    return future.toCompletionStage().toCompletableFuture().get();
  }
}
