package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Certificates of the link that are replaced while it connects. */
@Timeout(60)
final class LinkReplacementTest {

  /** A connection that has shown the old certificate would be used until it is lost. */
  @Test
  void aConnectionThatWasBegunWithTheOldCertificateIsNotUsed() {
    // No timer runs: whatever is opened later, the news of the files has opened.
    try (EmbeddedWorld world = new EmbeddedWorld()) {
      Slow connector = new Slow(world.endpoint());
      EtcdRegistry registry =
          world.registryAt(world.endpoint(), builder -> builder.connector(connector));
      world.soon("an attempt", () -> connector.opened.size() == 1);
      SlowChannel first = connector.opened.get(0);
      world.soon("answered", first.answered::isDone);
      connector.newFiles();
      world.soon("left", first::isShutdown);
      first.release.complete(null);
      world.soon("linked", () -> registry.health().linked());
      assertThat(connector.opened).hasSizeGreaterThan(1);
      assertThat(connector.opened.get(1).isShutdown()).isFalse();
    }
  }

  /** Holds the answers of the first channel back, until the test lets them go. */
  private static final class Slow implements Connector {
    private final Connector delegate;
    private final List<SlowChannel> opened = new CopyOnWriteArrayList<>();
    private volatile @Nullable Runnable listener;

    Slow(String endpoint) {
      delegate = new NettyConnector(List.of(EtcdEndpoint.parse(endpoint)), null, null);
    }

    void newFiles() {
      Objects.requireNonNull(listener).run();
    }

    @Override
    public void onNewFiles(Runnable added) {
      listener = added;
    }

    @Override
    public List<String> endpoints() {
      return delegate.endpoints();
    }

    @Override
    public ManagedChannel open(int endpoint) {
      SlowChannel channel = new SlowChannel(delegate.open(endpoint), opened.isEmpty());
      opened.add(channel);
      return channel;
    }
  }

  private static final class SlowChannel extends ForwardingManagedChannel {
    private final CompletableFuture<Void> answered = new CompletableFuture<>();
    private final CompletableFuture<Void> release = new CompletableFuture<>();

    SlowChannel(ManagedChannel channel, boolean slow) {
      super(channel);
      if (!slow) {
        release.complete(null);
      }
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new SimpleForwardingClientCall<>(super.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onMessage(R message) {
                  answered.complete(null);
                  var unused = release.thenRun(() -> super.onMessage(message));
                }

                @Override
                public void onClose(Status status, Metadata trailers) {
                  var unused = release.thenRun(() -> super.onClose(status, trailers));
                }
              },
              headers);
        }
      };
    }
  }
}
