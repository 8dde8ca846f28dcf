package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.CallShapesTest;
import io.fairlead.contract.EchoRpc;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.CompositeChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that wants a token with every call, the watch of its health among them. */
@Timeout(60)
class ServerThatWantsATokenTest {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("x-token", Metadata.ASCII_STRING_MARSHALLER);

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Server server;

  @BeforeEach
  void open() throws Exception {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .addService(EchoRpc.bind(new CallShapesTest.Answers()))
            .addService(new HealthStatusManager().getHealthService())
            .intercept(new Door())
            .build()
            .start();
  }

  @AfterEach
  void close() throws Exception {
    server.shutdownNow().awaitTermination();
  }

  private RpcChannel.Builder channel() {
    return RpcChannel.to("127.0.0.1:" + server.getPort());
  }

  private static String say(Channel channel) {
    return EchoRpc.client(channel).say(StringValue.of("x")).getValue();
  }

  @Test
  void callsWithATokenArriveThoughTheWatchHasNone() {
    try (RpcChannel channel = channel().build()) {
      assertThat(say(channel.with(CallSettings.builder().header("x-token", "open").build())))
          .isEqualTo("x");
    }
  }

  @Test
  void callCredentialsOfTheChannelGoWithTheWatch() {
    BalancingOptions strict = BalancingOptions.builder().strictHealth(true).build();
    try (RpcChannel channel =
        channel()
            .balancing(strict)
            .credentials(
                CompositeChannelCredentials.create(
                    InsecureChannelCredentials.create(), new Token()))
            .build()) {
      assertThat(say(channel)).isEqualTo("x");
    }
  }

  @Test
  void headerOfTheOptionsGoesWithTheWatch() {
    BalancingOptions strict =
        BalancingOptions.builder().strictHealth(true).watchHeader("x-token", "open").build();
    try (RpcChannel channel = channel().balancing(strict).build()) {
      assertThatThrownBy(() -> say(channel)).hasMessageStartingWith("UNAUTHENTICATED");
    }
  }

  @Test
  void headerOfTheOptionsGoesWithTheWatchUnderAServiceConfigToo() {
    BalancingOptions options = BalancingOptions.builder().watchHeader("x-token", "open").build();
    Map<String, ?> config =
        Map.of("loadBalancingConfig", List.of(Map.of("fairlead", Map.of("strict_health", true))));
    NameResolverProvider resolver = new BalancerSelectionTest.Listed(config, server.getPort());
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    try (RpcChannel channel = RpcChannel.to("listed:///echo").balancing(options).build()) {
      assertThatThrownBy(() -> say(channel)).hasMessageStartingWith("UNAUTHENTICATED");
    } finally {
      NameResolverRegistry.getDefaultRegistry().deregister(resolver);
    }
  }

  private static final class Token extends CallCredentials {
    @Override
    public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
      Metadata headers = new Metadata();
      headers.put(TOKEN, "open");
      applier.apply(headers);
    }
  }

  private static final class Door implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      if ("open".equals(headers.get(TOKEN))) {
        return next.startCall(call, headers);
      }
      call.close(Status.UNAUTHENTICATED.withDescription("no token"), new Metadata());
      return new ServerCall.Listener<>() {};
    }
  }
}
