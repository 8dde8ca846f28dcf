package io.fairlead.bench.grpc;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.observe.CallObserver;
import io.fairlead.policy.AdaptiveLimitPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Fairlead with every feature in the way of a call: instances found through etcd, balancing among
 * them, deadline, retry, breakers, an observer, and admission by all of its limits.
 */
final class EverythingOn {
  /** Far above the load: the bookkeeping is measured, not the refusal. */
  private static final int LIMIT = 10_000;

  private EverythingOn() {}

  /** Handlers that may block: offloaded once to a thread of their own. */
  public static final class Bind extends AllVariant {
    @Override
    public String name() {
      return "fairlead-all-bind";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bind(new FairleadEcho.Blocking());
    }
  }

  /** Handlers that do not block, on the event loop. */
  public static final class BindAsync extends AllVariant {
    @Override
    public String name() {
      return "fairlead-all-async";
    }

    @Override
    ServerServiceDefinition service() {
      return EchoRpc.bindAsync(new FairleadEcho.Async());
    }
  }

  /** What the two have in common. */
  abstract static class AllVariant implements Variant {
    abstract ServerServiceDefinition service();

    @Override
    public BenchServer startServer(Wire wire) {
      return startServers(wire, 1);
    }

    @Override
    public BenchServer startServers(Wire wire, int count) {
      if (wire.tls()) {
        throw new UnsupportedOperationException(name() + " is for plaintext");
      }
      EmbeddedEtcd etcd = EmbeddedEtcd.start();
      List<RpcServer> servers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        servers.add(
            RpcServer.builder(EchoRpc.SERVICE_NAME)
                .host("127.0.0.1")
                .allowLoopback()
                .registry("etcd://" + etcd.address())
                .limits(
                    none ->
                        none.maxConcurrentCalls(LIMIT)
                            .maxConcurrentCallsPerMethod(LIMIT)
                            .maxConcurrentCallsPerCaller(LIMIT)
                            .adaptiveLimit(
                                AdaptiveLimitPolicy.builder().between(LIMIT, LIMIT, LIMIT).build())
                            .queueLimit(LIMIT, Duration.ofMillis(100)))
                .service(service())
                .start());
      }
      return new Running(etcd, servers);
    }

    @Override
    public BenchClient connect(Wire wire, int port) {
      LongAdder calls = new LongAdder();
      CallObserver count = outcome -> calls.increment();
      RpcChannel channel =
          RpcChannel.to("etcd://127.0.0.1:" + port + "/" + EchoRpc.SERVICE_NAME)
              .observer(count)
              .build();
      return new FairleadClient(channel, channel::close);
    }
  }

  private record Running(EmbeddedEtcd etcd, List<RpcServer> servers) implements BenchServer {
    @Override
    public int port() {
      return servers.get(0).port();
    }

    @Override
    public List<Integer> entries() {
      return List.of(etcd.port());
    }

    @Override
    public void close() {
      servers.forEach(RpcServer::close);
      etcd.close();
    }
  }
}
