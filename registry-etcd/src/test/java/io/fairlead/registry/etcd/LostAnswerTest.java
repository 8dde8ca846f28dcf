package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A write whose answer is lost, so that its process cannot know that it was carried out. */
@Timeout(120)
final class LostAnswerTest {
  private static final String EARLIER = "{\"Op\":0,\"Addr\":\"10.0.0.8:1\",\"Metadata\":null}";
  private static final String LATER = "{\"Op\":0,\"Addr\":\"10.0.0.9:1\",\"Metadata\":null}";

  /** Done in the place of the first answer to a write. */
  private final AtomicReference<Runnable> meanwhile = new AtomicReference<>();

  /** Done before the next write is sent. */
  private final AtomicReference<Runnable> before = new AtomicReference<>();

  private EtcdRegistry registry(EmbeddedEtcd etcd) {
    return EtcdRegistry.builder()
        .endpoints(etcd.endpoint())
        .connector(new Losing(etcd.endpoint()))
        .connect();
  }

  @Test
  void aRegistrationThatBeganLaterIsNotOverwritten() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = registry(etcd)) {
      meanwhile.set(() -> etcd.put("shop/a", LATER));
      Registration first = registry.register("shop", Endpoints.of("a"));
      RegistryContract.soon("the first knows", () -> World.is(first, State.DISPLACED));
      assertThat(etcd.get("shop/a")).contains(LATER);
    }
  }

  @Test
  void aRegistrationThatBeganEarlierIsTakenOver() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = registry(etcd)) {
      etcd.put("shop/a", EARLIER);
      // It still changes its entry, and this process's write is lost with the answer.
      meanwhile.set(() -> etcd.put("shop/a", EARLIER));
      Registration second = registry.register("shop", Endpoints.of("a"));
      RegistryContract.soon("registered", () -> World.is(second, State.REGISTERED));
      assertThat(etcd.get("shop/a")).isPresent().get().isNotEqualTo(EARLIER);
    }
  }

  @Test
  void aChangeOfLivePolicyThatMayHaveBeenMadeIsCalledSo() {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = registry(etcd)) {
      EtcdPolicies policies = registry.policies();
      PolicyChange change =
          PolicyTrial.change(PolicyTarget.of("shop.v1.Inventory"), "{\"deadline\":\"1s\"}").build();
      meanwhile.set(() -> {});
      assertThatThrownBy(() -> policies.change(change).toCompletableFuture().join())
          .hasMessageContaining("cannot change the policies of shop.v1.Inventory")
          .hasMessageEndingWith("; it may have been made all the same: look at the history");
      RegistryContract.soon("linked again", () -> registry.health().linked());
      assertThat(policies.change(change).toCompletableFuture().join().revision())
          .as("it was made, so there is nothing to change")
          .isEqualTo(1);
    }
  }

  @Test
  void aChangeOfLivePolicyThatComesSecondLearnsWhatTheFirstChanged() {
    String service = "shop.v1.Inventory";
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = registry(etcd)) {
      EtcdPolicies policies = registry.policies();
      PolicyTarget target = PolicyTarget.of(service);
      PolicySet first =
          policies
              .change(PolicyTrial.change(target, "{\"deadline\":\"1s\"}").build())
              .toCompletableFuture()
              .join();
      PolicySet others =
          new PolicySet(
              service, 2, "bob", "full", Instant.EPOCH, "took it out", List.of(), List.of());
      // Between the read and the write of the change.
      before.set(() -> etcd.put(new PolicyKeys("").set(service), PolicyCodec.encode(others)));
      PolicyChange second = PolicyTrial.change(target, "{\"deadline\":\"2s\"}").build();
      assertThat(first.revision()).isEqualTo(1);
      assertThatThrownBy(() -> policies.change(second).toCompletableFuture().join())
          .cause()
          .isInstanceOf(PolicyConflictException.class)
          .hasMessageContaining("expected revision 1 by ann, and there is revision 2 by bob of")
          .hasMessageEndingWith(
              "(full): took it out; look at what it changed, and make the change again");
      assertThat(policies.read(service).toCompletableFuture().join()).isEqualTo(others);
    }
  }

  private final class Losing implements Connector {
    private final Connector delegate;

    Losing(String endpoint) {
      delegate = new NettyConnector(List.of(EtcdEndpoint.parse(endpoint)), null, null);
    }

    @Override
    public List<String> endpoints() {
      return delegate.endpoints();
    }

    @Override
    public ManagedChannel open(int endpoint) {
      return new LosingChannel(delegate.open(endpoint));
    }
  }

  private final class LosingChannel extends ForwardingManagedChannel {
    LosingChannel(ManagedChannel channel) {
      super(channel);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      boolean write = method.getFullMethodName().equals("etcdserverpb.KV/Txn");
      Runnable earlier = write ? before.getAndSet(null) : null;
      if (earlier != null) {
        earlier.run();
      }
      ClientCall<Q, R> call = super.newCall(method, options);
      Runnable first = write ? meanwhile.getAndSet(null) : null;
      if (first == null) {
        return call;
      }
      return new SimpleForwardingClientCall<>(call) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onMessage(R message) {}

                @Override
                public void onClose(Status status, Metadata trailers) {
                  first.run();
                  super.onClose(
                      Status.UNAVAILABLE.withDescription("the connection was lost"),
                      new Metadata());
                }
              },
              headers);
        }
      };
    }
  }
}
