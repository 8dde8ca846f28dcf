package io.fairlead.internal.transport;

import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.balance.EndpointAddresses;
import io.fairlead.balance.internal.LivenessProbe;
import io.fairlead.balance.internal.ServiceConfigRewritingResolverProvider;
import io.fairlead.discovery.Endpoint;
import io.fairlead.internal.Durations;
import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.ChannelLogger;
import io.grpc.CompositeCallCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.internal.ClientTransport;
import io.grpc.internal.ClientTransportFactory;
import io.grpc.internal.ConnectionClientTransport;
import io.grpc.internal.GrpcUtil;
import io.grpc.internal.ManagedChannelImplBuilder;
import io.grpc.netty.InternalNettyChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Pings servers that said in the registry that they permit it, and no others.
 *
 * <p>A server that did not agree would end the connection with too_many_pings. grpc-java's own
 * keep-alive is one setting for all connections of a channel, and is at least ten seconds. Here
 * each connection is pinged, or not, by its endpoint's tag.
 *
 * <p>This uses internal classes of grpc-java: no public API wraps the transports of a channel. A
 * change there shows when this class is compiled. The channel closes the factory.
 */
public final class KeepAliveTransportFactory implements ClientTransportFactory {
  /** The tag of an endpoint whose value is the shortest interval between pings that it permits. */
  public static final String TAG = "fairlead.ping";

  private static final System.Logger LOG =
      System.getLogger(KeepAliveTransportFactory.class.getName());

  private final ClientTransportFactory delegate;
  private final Duration interval;

  KeepAliveTransportFactory(ClientTransportFactory delegate, Duration interval) {
    this.delegate = delegate;
    this.interval = interval;
  }

  /**
   * Returns a builder of a channel whose connections are the given builder's, pinged where that is
   * agreed, and whose resolver may name our balancers.
   *
   * @param connections says all about sockets, and nothing about calls
   * @param interval how often servers are pinged, or less often where they want it so; zero for
   *     never
   */
  public static ManagedChannelBuilder<?> channel(
      NettyChannelBuilder connections,
      String target,
      ChannelCredentials credentials,
      Duration interval) {
    boolean tls = !isPlaintext(credentials);
    return new ManagedChannelImplBuilder(
        target,
        credentials,
        callCredentials(credentials),
        () -> {
          ClientTransportFactory sockets =
              InternalNettyChannelBuilder.buildTransportFactory(connections);
          return new KeepAliveTransportFactory(sockets, interval);
        },
        () -> tls ? GrpcUtil.DEFAULT_PORT_SSL : GrpcUtil.DEFAULT_PORT_PLAINTEXT,
        NameResolverRegistry.getDefaultRegistry(),
        ServiceConfigRewritingResolverProvider.of(target));
  }

  /** Whether connections have no TLS, be there credentials of calls or not. */
  public static boolean isPlaintext(ChannelCredentials credentials) {
    return credentials.withoutBearerTokens() instanceof InsecureChannelCredentials;
  }

  /** What of a channel's credentials goes with each call. */
  private static @Nullable CallCredentials callCredentials(ChannelCredentials credentials) {
    if (!(credentials instanceof CompositeChannelCredentials composite)) {
      return null;
    }
    CallCredentials inner = callCredentials(composite.getChannelCredentials());
    return inner == null
        ? composite.getCallCredentials()
        : new CompositeCallCredentials(inner, composite.getCallCredentials());
  }

  /** Returns the value of the tag. */
  public static String tagValue(Duration shortest) {
    return Durations.format(shortest);
  }

  /** Returns how long an answer may take: four fifths of the interval. */
  static Duration timeout(Duration interval) {
    return interval.multipliedBy(4).dividedBy(5);
  }

  @Override
  public ConnectionClientTransport newClientTransport(
      SocketAddress address, ClientTransportOptions options, ChannelLogger logger) {
    ConnectionClientTransport transport = delegate.newClientTransport(address, options, logger);
    LivenessProbe probe = options.getEagAttributes().get(LivenessProbe.KEY);
    if (probe != null) {
      probe.attach(onReply -> transport.ping(new ReplyCallback(onReply), Runnable::run));
    }
    Endpoint endpoint = EndpointAddresses.endpoint(options.getEagAttributes());
    Duration pingInterval = endpoint == null || interval.isZero() ? null : pingInterval(endpoint);
    return pingInterval == null
        ? transport
        : new KeepAliveTransport(
            transport, delegate.getScheduledExecutorService(), pingInterval, probe);
  }

  /** A ping that fails says nothing: its connection is ending, and says so by itself. */
  private record ReplyCallback(Runnable onReply) implements ClientTransport.PingCallback {
    @Override
    public void onSuccess(long roundTripNanos) {
      onReply.run();
    }

    @Override
    public void onFailure(Status cause) {}
  }

  /** How often an endpoint is pinged, or null if it is not. */
  private @Nullable Duration pingInterval(Endpoint endpoint) {
    String permitted = endpoint.tags().get(TAG);
    if (permitted == null) {
      return null;
    }
    Duration shortest = BalancerConfigReader.parseDuration(permitted);
    if (shortest == null || shortest.isNegative() || shortest.isZero()) {
      LOG.log(
          Level.WARNING,
          "Endpoint {0} has the tag {1}={2}, which is not a duration like \"1s\"; keep-alive is off"
              + " for it",
          endpoint.id(),
          TAG,
          permitted);
      return null;
    }
    // A quarter more than the shortest: pings that are sent evenly do not arrive evenly.
    Duration slowest = shortest.multipliedBy(5).dividedBy(4);
    return interval.compareTo(slowest) < 0 ? slowest : interval;
  }

  @Override
  public ScheduledExecutorService getScheduledExecutorService() {
    return delegate.getScheduledExecutorService();
  }

  @Override
  public @Nullable SwapChannelCredentialsResult swapChannelCredentials(
      ChannelCredentials credentials) {
    // Only for channels out of band with other credentials, of which the balancer makes none.
    return delegate.swapChannelCredentials(credentials);
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getSupportedSocketAddressTypes() {
    return delegate.getSupportedSocketAddressTypes();
  }

  @Override
  public void close() {
    delegate.close();
  }

  @Override
  public String toString() {
    return "KeepAliveTransportFactory[" + Durations.format(interval) + " over " + delegate + "]";
  }
}
