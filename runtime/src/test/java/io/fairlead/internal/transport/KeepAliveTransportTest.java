package io.fairlead.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import io.fairlead.testkit.ManualClock;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.InternalChannelz.SocketStats;
import io.grpc.InternalLogId;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.internal.ClientStream;
import io.grpc.internal.ConnectionClientTransport;
import io.grpc.internal.DisconnectError;
import io.grpc.internal.ManagedClientTransport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of connections that take too long to stand, in virtual time. */
class KeepAliveTransportTest {
  private final ManualClock clock = ManualClock.create();
  private final Fake connection = new Fake();
  private final KeepAliveTransport transport =
      new KeepAliveTransport(connection, clock.scheduler(), Duration.ofSeconds(20), null, null);

  private void start() {
    assertThat(transport.start(new Quiet())).isNull();
  }

  @Test
  void serverThatNeverSendsSettingsIsNotWaitedForLongerThanTheBound() {
    start();
    connection.attributes =
        Attributes.newBuilder()
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new InetSocketAddress(1))
            .build();
    clock.advance(Duration.ofMillis(19_999));
    assertThat(connection.ends).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(connection.ends).hasSize(1);
    assertThat(connection.ends.get(0).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(connection.ends.get(0).getDescription())
        .isEqualTo(
            "it took the connection and sent no HTTP/2 SETTINGS within 20s; does a gRPC server run"
                + " there? If it is only slow, raise connectTimeout(...)");
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  @Test
  void addressThatDoesNotAnswerIsNotWaitedForLongerThanTheBound() {
    start();
    clock.advance(Duration.ofSeconds(20));
    assertThat(connection.ends).hasSize(1);
    assertThat(connection.ends.get(0).getDescription())
        .startsWith("TCP, or TLS over it, got no answer within 20s; is the address right");
  }

  @Test
  void connectionThatStandsIsNotBounded() {
    start();
    connection.listener().transportReady();
    assertThat(clock.scheduler().pendingTasks()).isZero();
    clock.advance(Duration.ofHours(1));
    assertThat(connection.ends).isEmpty();
  }

  @Test
  void connectionThatFailsOrIsClosedBeforeLeavesNoTimer() {
    start();
    connection.listener().transportTerminated();
    assertThat(clock.scheduler().pendingTasks()).isZero();
  }

  private static final class Quiet implements ManagedClientTransport.Listener {
    @Override
    public void transportReady() {}

    @Override
    public void transportShutdown(Status status, DisconnectError error) {}

    @Override
    public void transportTerminated() {}

    @Override
    public void transportInUse(boolean inUse) {}

    @Override
    public Attributes filterTransport(Attributes attributes) {
      return attributes;
    }
  }

  private static final class Fake implements ConnectionClientTransport {
    final List<Status> ends = new ArrayList<>();

    /** grpc-java has none before the connection stands. */
    @Nullable Attributes attributes;

    private @Nullable Listener listener;

    Listener listener() {
      if (listener == null) {
        throw new IllegalStateException("not started");
      }
      return listener;
    }

    @Override
    public @Nullable Runnable start(Listener given) {
      listener = given;
      return null;
    }

    @Override
    public void shutdown(Status reason) {
      ends.add(reason);
    }

    @Override
    public void shutdownNow(Status reason) {
      ends.add(reason);
    }

    @Override
    public ClientStream newStream(
        MethodDescriptor<?, ?> method,
        Metadata headers,
        CallOptions options,
        ClientStreamTracer[] tracers) {
      throw new UnsupportedOperationException("no calls here");
    }

    @Override
    public void ping(PingCallback callback, Executor executor) {}

    @Override
    @SuppressWarnings("NullAway") // as it is
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    public ListenableFuture<SocketStats> getStats() {
      return SettableFuture.create();
    }

    @Override
    public InternalLogId getLogId() {
      return InternalLogId.allocate(getClass(), "fake");
    }
  }
}
