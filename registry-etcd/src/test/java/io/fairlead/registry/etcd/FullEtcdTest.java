package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registration.State;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An etcd without space, of a version that refuses all transactions then. */
@Timeout(120)
final class FullEtcdTest {
  private static final String DELETE = "etcdserverpb.KV/DeleteRange";

  private final Queue<String> calls = new ConcurrentLinkedQueue<>();
  private volatile boolean full;

  private EtcdRegistry registry(EmbeddedEtcd etcd) {
    return EtcdRegistry.builder()
        .endpoints(etcd.endpoint())
        .connector(new Refusing(etcd.endpoint()))
        .connect();
  }

  private static Registration leader(EtcdRegistry registry) {
    Registration leader = registry.registerExclusively("boss", Endpoints.of("only"));
    RegistryContract.soon("leads", () -> World.is(leader, State.REGISTERED));
    return leader;
  }

  /** A plain deletion that arrives late would take the key of the next leader. */
  @Test
  void aLeaderThatLeavesTakesItsOwnKeyAndNoOther() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = registry(etcd)) {
      Registration leader = leader(registry);
      full = true;
      leader.close();
      assertThat(etcd.get("boss/only")).isEmpty();
      assertThat(etcd.leases()).isEmpty();
      assertThat(calls).doesNotContain(DELETE);
    }
  }

  @Test
  void aLeaderThatLeavesDoesNotTakeOtherInstancesOfItsProcessAway() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = registry(etcd)) {
      Registration other = registry.register("shop", Endpoints.of("a"));
      RegistryContract.soon("registered", () -> World.is(other, State.REGISTERED));
      Registration leader = leader(registry);
      full = true;
      leader.close();
      assertThat(etcd.get("shop/a")).isPresent();
      assertThat(World.is(other, State.REGISTERED)).isTrue();
      assertThat(calls).doesNotContain(DELETE);
      // By a plain deletion, or with the lease that nothing of this process uses any more.
      other.close();
      assertThat(etcd.get("shop/a")).isEmpty();
    }
  }

  /** Answers transactions as such an etcd does, and notes all calls. */
  private final class Refusing implements Connector {
    private final Connector delegate;

    Refusing(String endpoint) {
      delegate = new NettyConnector(List.of(EtcdEndpoint.parse(endpoint)), null, null);
    }

    @Override
    public List<String> endpoints() {
      return delegate.endpoints();
    }

    @Override
    public ManagedChannel open(int endpoint) {
      return new RefusingChannel(delegate.open(endpoint));
    }
  }

  private final class RefusingChannel extends ForwardingManagedChannel {
    RefusingChannel(ManagedChannel channel) {
      super(channel);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      calls.add(method.getFullMethodName());
      ClientCall<Q, R> call = super.newCall(method, options);
      if (!full || !method.getFullMethodName().equals("etcdserverpb.KV/Txn")) {
        return call;
      }
      return new SimpleForwardingClientCall<>(call) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {
                  super.onClose(
                      Status.RESOURCE_EXHAUSTED.withDescription(
                          "etcdserver: mvcc: database space exceeded"),
                      new Metadata());
                }
              },
              headers);
          cancel("etcd has no space left", null);
        }

        @Override
        public void sendMessage(Q message) {}

        @Override
        public void halfClose() {}
      };
    }
  }
}
