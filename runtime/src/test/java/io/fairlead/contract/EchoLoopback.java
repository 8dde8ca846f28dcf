package io.fairlead.contract;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.internal.executor.HandlerExecutor;
import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A plain grpc-java server and channel over real sockets. */
public final class EchoLoopback implements AutoCloseable {
  public static final int WINDOW = 64 * 1024;

  private final Server server;
  private final ManagedChannel channel;

  private EchoLoopback(Server server, ManagedChannel channel) {
    this.server = server;
    this.channel = channel;
  }

  public static EchoLoopback serving(ServerServiceDefinition service) {
    return serving(service, null);
  }

  public static EchoLoopback serving(
      ServerServiceDefinition service, @Nullable HandlerExecutor handlers) {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .flowControlWindow(WINDOW)
            .addService(service);
    if (handlers != null) {
      builder.addTransportFilter(
          new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes attributes) {
              return attributes.toBuilder().set(HandlerExecutor.ATTRIBUTE, handlers).build();
            }
          });
    }
    try {
      Server server = builder.build().start();
      return new EchoLoopback(
          server,
          NettyChannelBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
              .usePlaintext()
              .directExecutor()
              .disableRetry()
              .flowControlWindow(WINDOW)
              .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getPort();
  }

  public ManagedChannel channel() {
    return channel;
  }

  public Echo client() {
    return EchoRpc.client(channel);
  }

  public EchoAsync asyncClient() {
    return EchoRpc.asyncClient(channel);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    try {
      if (!channel.awaitTermination(60, TimeUnit.SECONDS)
          || !server.awaitTermination(60, TimeUnit.SECONDS)) {
        throw new AssertionError("channel or server did not end: " + channel + ", " + server);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  public static StringValue text(String value) {
    return StringValue.of(value);
  }

  public static Int64Value number(long value) {
    return Int64Value.of(value);
  }
}
