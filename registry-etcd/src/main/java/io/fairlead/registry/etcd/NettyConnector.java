package io.fairlead.registry.etcd;

import io.grpc.ManagedChannel;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens channels over TCP, with TLS for https. */
final class NettyConnector implements Connector {
  /** etcd cuts clients off that ask more often than each 5 s. */
  static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(5);
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

  /** A list of 10,000 endpoints is some megabytes; the usual limit is four. */
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  private final List<EtcdEndpoint> endpoints;
  private final @Nullable SslContext tls;
  private final @Nullable String serverName;
  private final Duration keepAlive;

  NettyConnector(
      List<EtcdEndpoint> endpoints,
      @Nullable SslContext tls,
      @Nullable String serverName,
      Duration keepAlive) {
    this.endpoints = endpoints;
    this.tls = tls;
    this.serverName = serverName;
    this.keepAlive = keepAlive;
  }

  @Override
  public List<String> endpoints() {
    return endpoints.stream().map(EtcdEndpoint::toString).toList();
  }

  @Override
  public ManagedChannel open(int number) {
    EtcdEndpoint endpoint = endpoints.get(number);
    NettyChannelBuilder builder =
        NettyChannelBuilder.forTarget("dns:///" + endpoint.hostAndPort())
            .directExecutor()
            .disableRetry()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            // Pings run only while a call does: the watch. etcd answers others with a GOAWAY.
            .keepAliveTime(keepAlive.toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveWithoutCalls(false)
            // The lost connection is our sign that etcd went away, so it must not end by idleness.
            .idleTimeout(365, TimeUnit.DAYS)
            .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
    if (tls != null) {
      builder.negotiationType(NegotiationType.TLS).sslContext(tls);
    } else {
      builder.negotiationType(NegotiationType.PLAINTEXT);
    }
    if (serverName != null) {
      builder.overrideAuthority(serverName);
    }
    return builder.build();
  }
}
