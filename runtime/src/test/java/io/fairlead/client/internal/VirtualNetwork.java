package io.fairlead.client.internal;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import io.fairlead.balance.internal.LivenessProbe;
import io.fairlead.testkit.ManualClock;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ChannelLogger;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.InternalChannelz.SocketStats;
import io.grpc.InternalLogId;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.grpc.internal.ClientStream;
import io.grpc.internal.ClientTransportFactory;
import io.grpc.internal.ConnectionClientTransport;
import io.grpc.internal.FailingClientStream;
import io.grpc.internal.GrpcAttributes;
import io.grpc.internal.SimpleDisconnectError;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Connections without sockets, below grpc-java's channel. Everything that goes over them arrives
 * when the clock next moves, be it by nothing, on the thread that moves it. A port where no server
 * stands refuses.
 */
final class VirtualNetwork implements ClientTransportFactory {
  private final ManualClock clock;
  private final Map<Integer, VirtualServer> servers = new HashMap<>();
  private final Set<Integer> silent = new HashSet<>();

  VirtualNetwork(ManualClock clock) {
    this.clock = clock;
  }

  void add(VirtualServer server) {
    servers.put(server.port(), server);
  }

  /** Makes a port of which nothing is heard: connections to it stay in the making. */
  void silence(int port) {
    silent.add(port);
  }

  /** Ends a server: its connections close, and new ones are refused. */
  void remove(VirtualServer server) {
    servers.remove(server.port());
    List.copyOf(server.connections).forEach(Connection::lost);
  }

  @Override
  public ConnectionClientTransport newClientTransport(
      SocketAddress address, ClientTransportOptions options, ChannelLogger logger) {
    Connection connection = new Connection((InetSocketAddress) address);
    LivenessProbe probe = options.getEagAttributes().get(LivenessProbe.KEY);
    if (probe != null) {
      probe.attach(onReply -> arrive(onReply));
    }
    return connection;
  }

  private void arrive(Runnable event) {
    clock.scheduler().execute(event);
  }

  @Override
  public ScheduledExecutorService getScheduledExecutorService() {
    return clock.scheduler();
  }

  @Override
  public @Nullable SwapChannelCredentialsResult swapChannelCredentials(
      ChannelCredentials credentials) {
    return null;
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getSupportedSocketAddressTypes() {
    return List.of(InetSocketAddress.class);
  }

  @Override
  public void close() {}

  /** A connection of the client. */
  final class Connection implements ConnectionClientTransport {
    private final InternalLogId id = InternalLogId.allocate(Connection.class, null);
    private final InetSocketAddress address;
    private final List<VirtualStream> streams = new ArrayList<>();
    private @Nullable Listener listener;
    private Attributes attributes = Attributes.EMPTY;
    private @Nullable VirtualServer server;
    private @Nullable Status end;
    private boolean terminated;

    Connection(InetSocketAddress address) {
      this.address = address;
    }

    @Override
    public @Nullable Runnable start(Listener newListener) {
      listener = newListener;
      arrive(() -> connected(newListener));
      return null;
    }

    private void connected(Listener told) {
      if (end != null || silent.contains(address.getPort())) {
        return;
      }
      VirtualServer found = servers.get(address.getPort());
      if (found == null) {
        shutdown(Status.UNAVAILABLE.withDescription("Connection refused: " + address));
        return;
      }
      server = found;
      found.connections.add(this);
      attributes =
          told.filterTransport(
              Attributes.newBuilder()
                  .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, address)
                  .set(GrpcAttributes.ATTR_SECURITY_LEVEL, SecurityLevel.NONE)
                  .build());
      told.transportReady();
    }

    /** The other end is gone, and with it what was under way. */
    void lost() {
      shutdownNow(Status.UNAVAILABLE.withDescription("the connection was lost"));
    }

    @Override
    public ClientStream newStream(
        MethodDescriptor<?, ?> method,
        Metadata headers,
        CallOptions options,
        ClientStreamTracer[] tracers) {
      Status ended = end;
      VirtualServer takes = server;
      if (ended != null || takes == null) {
        return new FailingClientStream(
            ended == null ? Status.UNAVAILABLE.withDescription("not connected") : ended, tracers);
      }
      VirtualStream stream =
          new VirtualStream(
              takes, attributes, headers, tracers, VirtualNetwork.this::arrive, this::streamEnded);
      streams.add(stream);
      use(true);
      return stream;
    }

    private void streamEnded(VirtualStream stream) {
      streams.remove(stream);
      use(false);
      terminateIfIdle();
    }

    private void use(boolean begins) {
      if (listener != null && (begins ? streams.size() == 1 : streams.isEmpty())) {
        listener.transportInUse(begins);
      }
    }

    @Override
    public void ping(PingCallback callback, Executor executor) {
      arrive(() -> callback.onSuccess(0));
    }

    @Override
    public void shutdown(Status reason) {
      if (end == null) {
        end = reason;
        if (server != null) {
          server.connections.remove(this);
        }
        if (listener != null) {
          listener.transportShutdown(reason, SimpleDisconnectError.UNKNOWN);
        }
      }
      terminateIfIdle();
    }

    @Override
    public void shutdownNow(Status reason) {
      shutdown(reason);
      List.copyOf(streams).forEach(stream -> stream.end(reason, new Metadata(), false));
      terminateIfIdle();
    }

    private void terminateIfIdle() {
      if (end != null && !terminated && streams.isEmpty() && listener != null) {
        terminated = true;
        listener.transportTerminated();
      }
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    public ListenableFuture<SocketStats> getStats() {
      return SettableFuture.create();
    }

    @Override
    public InternalLogId getLogId() {
      return id;
    }
  }
}
