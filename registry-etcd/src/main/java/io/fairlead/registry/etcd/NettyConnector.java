package io.fairlead.registry.etcd;

import io.fairlead.internal.tls.TlsWatch;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens channels over TCP, with TLS for https. */
final class NettyConnector implements Connector {
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

  /** A list of 10,000 endpoints is some megabytes; the usual limit is four. */
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  private final List<EtcdEndpoint> endpoints;
  private final @Nullable TlsWatch tls;
  private final @Nullable String serverName;

  NettyConnector(
      List<EtcdEndpoint> endpoints, @Nullable TlsWatch tls, @Nullable String serverName) {
    this.endpoints = endpoints;
    this.tls = tls;
    this.serverName = serverName;
  }

  @Override
  public List<String> endpoints() {
    return endpoints.stream().map(EtcdEndpoint::toString).toList();
  }

  @Override
  public ManagedChannel open(int number) {
    EtcdEndpoint endpoint = endpoints.get(number);
    NettyChannelBuilder builder =
        NettyChannelBuilder.forTarget(
                "dns:///" + endpoint.hostAndPort(),
                tls == null ? InsecureChannelCredentials.create() : tls.channelCredentials())
            .directExecutor()
            .disableRetry()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            // The lost connection is our sign that etcd went away, so it must not end by idleness.
            .idleTimeout(365, TimeUnit.DAYS)
            .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
    if (serverName != null) {
      builder.overrideAuthority(serverName);
    }
    return builder.build();
  }

  @Override
  public void onNewFiles(Runnable listener) {
    if (tls != null) {
      tls.onReload(listener);
    }
  }

  @Override
  public Optional<Instant> certificateExpiry() {
    return tls == null ? Optional.empty() : tls.expiry();
  }

  @Override
  public void close() {
    if (tls != null) {
      tls.close();
    }
  }
}
