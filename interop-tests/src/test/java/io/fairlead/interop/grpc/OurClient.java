package io.fairlead.interop.grpc;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.CompositeChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.testing.integration.TestService;
import io.grpc.testing.integration.TestServiceAsync;
import io.grpc.testing.integration.TestServiceRpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/** A channel of ours to a server of others, and the clients that our plugin made over it. */
final class OurClient implements AutoCloseable {
  /** No case takes long; one that hangs shall fail by itself. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final RpcChannel channel;

  private OurClient(RpcChannel channel) {
    this.channel = channel;
  }

  static OurClient connect(int port, Security security) {
    return new OurClient(
        switch (security) {
          case PLAINTEXT -> RpcChannel.to("127.0.0.1:" + port).build();
          case TLS -> overTls(port, trust());
        });
  }

  /** One that shows these on each call, over TLS. */
  static OurClient connect(int port, CallCredentials credentials) {
    return new OurClient(overTls(port, CompositeChannelCredentials.create(trust(), credentials)));
  }

  private static RpcChannel overTls(int port, ChannelCredentials credentials) {
    return RpcChannel.to("127.0.0.1:" + port)
        .authority(Certificates.HOST)
        .credentials(credentials)
        .build();
  }

  private static ChannelCredentials trust() {
    try {
      return TlsChannelCredentials.newBuilder()
          .trustManager(Certificates.authority().toFile())
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The whole channel, with the patience of these tests. */
  Channel channel() {
    return channel.with(CallSettings.builder().deadline(PATIENCE).build());
  }

  /** The blocking client. */
  TestService service() {
    return TestServiceRpc.client(channel());
  }

  /** The blocking client, with settings of its own. */
  TestService service(CallSettings settings) {
    return TestServiceRpc.client(settings.over(channel()));
  }

  /** The blocking client, with something between it and the channel. */
  TestService service(ClientInterceptor interceptor) {
    return TestServiceRpc.client(ClientInterceptors.intercept(channel(), interceptor));
  }

  /** The blocking client that may compress, seen on the wire. */
  TestService compressing(CallWatch watch) {
    MethodPolicy gzip = MethodPolicy.builder().compression("gzip").build();
    Channel compressing = CallSettings.builder().policy(gzip).build().over(channel());
    return TestServiceRpc.client(ClientInterceptors.intercept(compressing, watch));
  }

  /** The client that does not block, seen on the wire. */
  TestServiceAsync asyncService(CallWatch watch) {
    return TestServiceRpc.asyncClient(ClientInterceptors.intercept(channel(), watch));
  }

  @Override
  public void close() {
    channel.close();
  }

  @Override
  public String toString() {
    return channel.toString();
  }
}
