package io.fairlead.bench.armeria;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClientBuilder;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import com.linecorp.armeria.server.grpc.GrpcServiceBuilder;
import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.stock.StockClient;
import io.fairlead.bench.stock.StockEcho;
import io.fairlead.bench.v1.EchoGrpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;

/** The stock service and the stock stubs, carried by Armeria. */
public class ArmeriaVariant implements Variant {
  private static final int MAX_MESSAGE_BYTES = 8 << 20;
  private static final long NO_LIMIT = 0;

  private boolean connected;

  /** Made by ServiceLoader. */
  public ArmeriaVariant() {}

  @Override
  public String name() {
    return "armeria";
  }

  /** Adds to a server; for a variant with more. */
  void add(ServerBuilder builder) {}

  /** Adds to its service; for a variant with more. */
  void add(GrpcServiceBuilder builder) {}

  /** Adds to a client; for a variant with more. */
  void add(GrpcClientBuilder builder) {}

  @Override
  public BenchServer startServer(Wire wire) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    GrpcServiceBuilder grpc =
        GrpcService.builder()
            .addService(new StockEcho())
            .maxRequestMessageLength(MAX_MESSAGE_BYTES);
    add(grpc);
    ServerBuilder builder = Server.builder().service(grpc.build()).requestTimeout(Duration.ZERO);
    if (wire.tls()) {
      builder.https(address).tls(keyPair(wire));
    } else {
      builder.http(address);
    }
    add(builder);
    Server server = builder.build();
    server.start().join();
    return new BenchServer() {
      @Override
      public int port() {
        return server.activeLocalPort();
      }

      @Override
      public void close() {
        server.stop().join();
      }
    };
  }

  @Override
  public BenchClient connect(Wire wire, int port) {
    if (connected) {
      throw new UnsupportedOperationException(
          "All clients of Armeria's factory share one connection to a server");
    }
    connected = true;
    ClientFactory factory = wire.tls() ? trusting(wire) : ClientFactory.ofDefault();
    GrpcClientBuilder builder =
        GrpcClients.builder((wire.tls() ? "https" : "http") + "://127.0.0.1:" + port + "/")
            .factory(factory)
            .responseTimeout(Duration.ZERO)
            .maxResponseLength(NO_LIMIT)
            .maxResponseMessageLength(MAX_MESSAGE_BYTES);
    add(builder);
    return new StockClient(
        builder.build(EchoGrpc.EchoBlockingStub.class),
        builder.build(EchoGrpc.EchoStub.class),
        factory::close);
  }

  private static TlsKeyPair keyPair(Wire wire) {
    return TlsKeyPair.of(
        Objects.requireNonNull(wire.key()).toFile(),
        Objects.requireNonNull(wire.certificate()).toFile());
  }

  private static ClientFactory trusting(Wire wire) {
    return ClientFactory.builder()
        .tlsCustomizer(tls -> tls.trustManager(Objects.requireNonNull(wire.certificate()).toFile()))
        .build();
  }
}
