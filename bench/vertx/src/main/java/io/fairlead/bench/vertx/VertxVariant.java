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
import org.jspecify.annotations.Nullable;

/** Vert.x gRPC: generated service and client, a verticle for each core. */
public class VertxVariant implements Variant {
  static final long MAX_MESSAGE_BYTES = 8 << 20;

  /** Its default is 100; the others have no limit, and 10,000 streams are held open. */
  private static final long MAX_STREAMS = 1 << 20;

  /** One for all clients of the process, which ends with it. */
  private @Nullable Vertx clients;

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
    options.getInitialSettings().setMaxConcurrentStreams(MAX_STREAMS);
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
            () -> verticle(options, port),
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

  /** Makes the verticle of one core; for a variant with more. */
  EchoVerticle verticle(HttpServerOptions options, AtomicInteger port) {
    return new EchoVerticle(options, port);
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
    if (clients == null) {
      clients = Vertx.vertx();
    }
    return new VertxClient(clients, options, port);
  }

  /** Waits outside of Vert.x. */
  static <T> T await(Future<T> future) throws InterruptedException, ExecutionException {
    return future.toCompletionStage().toCompletableFuture().get();
  }
}
