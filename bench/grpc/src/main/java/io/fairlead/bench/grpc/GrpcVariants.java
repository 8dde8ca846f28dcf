package io.fairlead.bench.grpc;

import com.google.common.base.Suppliers;
import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.stock.StockClient;
import io.fairlead.bench.stock.StockEcho;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.grpc.opentelemetry.InternalGrpcOpenTelemetry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/** grpc-java as its users run it. */
final class GrpcVariants {
  private static final int WINDOW_BYTES = 1 << 20;
  static final int MAX_MESSAGE_BYTES = 80 << 20;

  private GrpcVariants() {}

  /** Out of the box: its builders with nothing set. */
  public static final class OutOfTheBox extends GrpcVariant {
    @Override
    public String name() {
      return "grpc";
    }

    @Override
    void tune(NettyServerBuilder builder) {}

    @Override
    void tune(NettyChannelBuilder builder) {}
  }

  /**
   * What an expert makes of it for handlers that do not block: everything on the event loop, a
   * fixed window, no retry code in the path.
   */
  public static class Tuned extends GrpcVariant {
    @Override
    public String name() {
      return "grpc-tuned";
    }

    @Override
    void tune(NettyServerBuilder builder) {
      builder.directExecutor().flowControlWindow(WINDOW_BYTES);
    }

    @Override
    void tune(NettyChannelBuilder builder) {
      builder.directExecutor().flowControlWindow(WINDOW_BYTES).disableRetry();
    }

    @Override
    boolean handTuned() {
      return true;
    }
  }

  /** As {@link Tuned}, for handlers that may block: a work-stealing pool runs them. */
  public static final class TunedPool extends Tuned {
    @Override
    public String name() {
      return "grpc-tuned-pool";
    }

    @Override
    void tune(NettyServerBuilder builder) {
      ForkJoinPool pool =
          new ForkJoinPool(
              16, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, /* asyncMode= */ true);
      builder.executor(pool).flowControlWindow(WINDOW_BYTES);
    }
  }

  /** As {@link Tuned}, with all metrics and all spans of grpc-java's own module. */
  public static final class Observed extends Tuned {
    private final Supplier<GrpcOpenTelemetry> telemetry = Suppliers.memoize(Observed::telemetry);

    @Override
    public String name() {
      return "grpc-opentelemetry";
    }

    private static GrpcOpenTelemetry telemetry() {
      GrpcOpenTelemetry.Builder builder = GrpcOpenTelemetry.newBuilder().sdk(BenchSdk.recording());
      // Still behind a flag; a user sets it through the environment.
      InternalGrpcOpenTelemetry.enableTracing(builder, true);
      return builder.build();
    }

    @Override
    void tune(NettyServerBuilder builder) {
      super.tune(builder);
      telemetry.get().configureServerBuilder(builder);
    }

    @Override
    void tune(NettyChannelBuilder builder) {
      super.tune(builder);
      telemetry.get().configureChannelBuilder(builder);
    }
  }

  /** As {@link Tuned}, over a Unix-domain socket: what a host's own calls could gain by one. */
  public static final class TunedUnix extends Tuned {
    @Override
    public String name() {
      return "grpc-tuned-unix";
    }

    @Override
    public BenchServer startServer(Wire wire) throws Exception {
      int number = (int) ProcessHandle.current().pid();
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(socket(number))
              .channelType(NioServerDomainSocketChannel.class)
              .bossEventLoopGroup(loops(1))
              .workerEventLoopGroup(loops(2 * Runtime.getRuntime().availableProcessors()))
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .addService(new StockEcho());
      tune(builder);
      Server server = builder.build().start();
      return new BenchServer() {
        @Override
        public int port() {
          return number;
        }

        @Override
        public void close() {
          server.shutdownNow();
        }
      };
    }

    @Override
    public BenchClient connect(Wire wire, int number) {
      NettyChannelBuilder builder =
          NettyChannelBuilder.forAddress(socket(number))
              .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
              .eventLoopGroup(loops(2 * Runtime.getRuntime().availableProcessors()))
              .overrideAuthority("localhost")
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .usePlaintext();
      tune(builder);
      return new StockClient(builder.build(), handTuned());
    }

    @Override
    public BenchClient connect(Wire wire, List<Integer> entries) {
      return connect(wire, entries.get(0));
    }

    private static UnixDomainSocketAddress socket(int number) {
      return UnixDomainSocketAddress.of(
          Path.of(System.getProperty("java.io.tmpdir"), "fairlead-bench-" + number));
    }

    private static EventLoopGroup loops(int threads) {
      return new MultiThreadIoEventLoopGroup(
          threads, new DefaultThreadFactory("unix", true), NioIoHandler.newFactory());
    }
  }

  /** What all have in common. */
  abstract static class GrpcVariant implements Variant {
    abstract void tune(NettyServerBuilder builder);

    abstract void tune(NettyChannelBuilder builder);

    boolean handTuned() {
      return false;
    }

    @Override
    public BenchServer startServer(Wire wire) throws Exception {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .addService(new StockEcho());
      tune(builder);
      if (wire.tls()) {
        builder.useTransportSecurity(
            Objects.requireNonNull(wire.certificate()).toFile(),
            Objects.requireNonNull(wire.key()).toFile());
      }
      return new Running(builder.build().start());
    }

    @Override
    public BenchClient connect(Wire wire, int port) throws SSLException {
      return connect(wire, List.of(port));
    }

    @Override
    public BenchClient connect(Wire wire, List<Integer> entries) throws SSLException {
      NettyChannelBuilder builder = target(entries).maxInboundMessageSize(MAX_MESSAGE_BYTES);
      tune(builder);
      if (wire.tls()) {
        builder
            .overrideAuthority("localhost")
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(Objects.requireNonNull(wire.certificate()).toFile())
                    .build());
      } else {
        builder.usePlaintext();
      }
      return new StockClient(builder.build(), handTuned());
    }

    private static NettyChannelBuilder target(List<Integer> ports) {
      if (ports.size() == 1) {
        return NettyChannelBuilder.forAddress("127.0.0.1", ports.get(0));
      }
      return NettyChannelBuilder.forTarget(FixedServers.target(ports))
          .defaultLoadBalancingPolicy("round_robin");
    }
  }

  private record Running(Server server) implements BenchServer {
    @Override
    public int port() {
      return server.getPort();
    }

    @Override
    public void close() {
      server.shutdownNow();
    }
  }
}
