package io.fairlead.bench.grpc;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.rest.v1.RestEchoAsync;
import io.fairlead.bench.rest.v1.RestEchoRpc;
import io.fairlead.bench.rest.v1.RestPayload;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.gateway.Gateway;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** Fairlead with its defaults: what the contract says is on, and nothing is switched off. */
final class FairleadVariants {
  private FairleadVariants() {}

  /** Handlers that may block: offloaded once to a thread of their own. */
  public static final class Bind extends FairleadVariant {
    @Override
    public String name() {
      return "fairlead-bind";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bind(new FairleadEcho.Blocking());
    }
  }

  /** The same with room for large messages. */
  public static final class LargeBind extends LargeVariant {
    @Override
    public String name() {
      return "fairlead-large-bind";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bind(new FairleadEcho.Blocking());
    }
  }

  /** The same with room for large messages. */
  public static final class LargeAsync extends LargeVariant {
    @Override
    public String name() {
      return "fairlead-large-async";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bindAsync(new FairleadEcho.Async());
    }
  }

  /** Messages as large as the other variants take. */
  abstract static class LargeVariant extends FairleadVariant {
    private static final String METHOD = EchoRpc.SERVICE_NAME + "/Unary";

    private static MethodPolicy.Builder large() {
      return MethodPolicy.builder().maxRequestBytes(GrpcVariants.MAX_MESSAGE_BYTES);
    }

    @Override
    RpcServer start(RpcServer.Builder builder) {
      return super.start(builder.policy(METHOD, large().build()));
    }

    @Override
    RpcChannel build(RpcChannel.Builder builder) {
      return super.build(
          builder.policy(METHOD, large().maxResponseBytes(GrpcVariants.MAX_MESSAGE_BYTES).build()));
    }
  }

  /** Handlers that do not block, on the event loop. */
  public static final class BindAsync extends FairleadVariant {
    @Override
    public String name() {
      return "fairlead-async";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bindAsync(new FairleadEcho.Async());
    }
  }

  /** The same on every address of the machine, for {@code bench/endpoints/run}. */
  public static final class EveryAddress extends FairleadVariant {
    @Override
    public String name() {
      return "fairlead-every-address";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bindAsync(new FairleadEcho.Async());
    }

    @Override
    RpcServer start(RpcServer.Builder builder) {
      return super.start(builder.host("0.0.0.0"));
    }
  }

  /** The same with a gateway on the port: what it costs calls of gRPC. */
  public static class WithGateway extends FairleadVariant {
    @Override
    public String name() {
      return "fairlead-gateway-async";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bindAsync(new FairleadEcho.Async());
    }

    @Override
    RpcServer start(RpcServer.Builder builder) {
      return super.start(builder.gateway(Gateway.standard()));
    }
  }

  /** A REST service of the same kind, for {@code bench/one-core/run --rest} alone. */
  public static final class Rest extends WithGateway {
    @Override
    public String name() {
      return "fairlead-rest";
    }

    @Override
    ServerServiceDefinition service() {
      return RestEchoRpc.bindAsync(
          new RestEchoAsync() {
            @Override
            public CompletionStage<RestPayload> unary(RestPayload request) {
              return CompletableFuture.completedFuture(request);
            }
          });
    }
  }

  /** The same server; h2load calls it by Connect's protocol. */
  public static final class Connect extends WithGateway {
    @Override
    public String name() {
      return "fairlead-connect";
    }
  }

  /** What they have in common. */
  abstract static class FairleadVariant implements Variant {
    abstract ServerServiceDefinition service();

    /** Starts a server; for variants that add something to it. */
    RpcServer start(RpcServer.Builder builder) {
      return builder.start();
    }

    /** Makes a channel; for variants that add something to it. */
    RpcChannel build(RpcChannel.Builder builder) {
      return builder.build();
    }

    /** Ends what a variant has added, after the server or the channel. */
    void closed() {}

    @Override
    public BenchServer startServer(Wire wire) {
      RpcServer.Builder builder =
          RpcServer.builder("echo")
              .host("127.0.0.1")
              // All clients are of one address, and the run for memory opens thousands.
              .connections(
                  c -> c.maxConnections(0).maxConnectionsPerPeer(0).maxCallsPerConnection(0))
              .service(service());
      if (wire.tls()) {
        builder.tls(Objects.requireNonNull(wire.certificate()), Objects.requireNonNull(wire.key()));
      }
      RpcServer server = start(builder);
      return new BenchServer() {
        @Override
        public int port() {
          return server.port();
        }

        @Override
        public void close() {
          server.close();
          closed();
        }
      };
    }

    @Override
    public BenchClient connect(Wire wire, int port) throws IOException {
      return connect(wire, List.of(port));
    }

    @Override
    public BenchClient connect(Wire wire, List<Integer> entries) throws IOException {
      RpcChannel.Builder builder = RpcChannel.to(target(entries));
      if (wire.tls()) {
        builder
            .authority("localhost")
            .credentials(
                TlsChannelCredentials.newBuilder()
                    .trustManager(Objects.requireNonNull(wire.certificate()).toFile())
                    .build());
      }
      RpcChannel channel = build(builder);
      return new FairleadClient(
          channel,
          () -> {
            channel.close();
            closed();
          });
    }

    private static String target(List<Integer> ports) {
      return ports.size() == 1
          ? "127.0.0.1:" + ports.get(0)
          : ports.stream()
              .map(port -> "endpoint=127.0.0.1:" + port)
              .collect(Collectors.joining("&", "static:///echo?", ""));
    }
  }
}
