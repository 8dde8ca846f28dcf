package io.fairlead.balance.internal;

import io.fairlead.discovery.Endpoint;
import io.grpc.Attributes;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real server on loopback that answers every call with its own name. */
final class NamedServer implements AutoCloseable {
  static final MethodDescriptor<String, String> WHO =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Names/Who")
          .setRequestMarshaller(new Text())
          .setResponseMarshaller(new Text())
          .build();

  /** Never answered. */
  static final MethodDescriptor<String, String> FOREVER =
      WHO.toBuilder().setFullMethodName("test.Names/Forever").build();

  private final String name;
  private final Server server;
  private final int port;
  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  private NamedServer(String name, int wantedPort, BindableService... others) throws IOException {
    this(name, at(wantedPort), () -> {}, others);
  }

  private static NettyServerBuilder at(int port) {
    return NettyServerBuilder.forAddress(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  private NamedServer(
      String name, NettyServerBuilder bare, Runnable onForever, BindableService... others)
      throws IOException {
    this.name = name;
    NettyServerBuilder builder =
        bare.directExecutor()
            .addTransportFilter(
                new ServerTransportFilter() {
                  @Override
                  public Attributes transportReady(Attributes attributes) {
                    connections.incrementAndGet();
                    return attributes;
                  }
                });
    for (BindableService other : others) {
      builder.addService(other);
    }
    server =
        builder
            .addService(
                ServerServiceDefinition.builder("test.Names")
                    .addMethod(WHO, ServerCalls.asyncUnaryCall(this::answer))
                    .addMethod(
                        FOREVER, ServerCalls.asyncUnaryCall((request, never) -> onForever.run()))
                    .build())
            .build()
            .start();
    this.port = server.getPort();
  }

  static NamedServer start(String name, BindableService... others) throws IOException {
    return new NamedServer(name, 0, others);
  }

  static NamedServer startAt(int port, String name) throws IOException {
    return new NamedServer(name, port);
  }

  /** One that permits many pings. */
  static NamedServer pinged(String name, Runnable onForever) throws IOException {
    return new NamedServer(
        name,
        at(0).permitKeepAliveTime(1, TimeUnit.MILLISECONDS).permitKeepAliveWithoutCalls(true),
        onForever);
  }

  private void answer(String request, StreamObserver<String> responses) {
    served.incrementAndGet();
    responses.onNext(name);
    responses.onCompleted();
  }

  int served() {
    return served.get();
  }

  /** Connections accepted so far. */
  int connections() {
    return connections.get();
  }

  int port() {
    return port;
  }

  Endpoint endpoint() {
    return Endpoint.of(name, "127.0.0.1", port());
  }

  /** A call without a deadline that is never answered. */
  static String askForever(Channel channel) {
    return ClientCalls.blockingUnaryCall(
        channel, FOREVER, CallOptions.DEFAULT.withWaitForReady(), "");
  }

  static String ask(Channel channel, CallOptions options) {
    return ClientCalls.blockingUnaryCall(
        channel,
        WHO,
        options.getDeadline() != null ? options : options.withDeadlineAfter(20, TimeUnit.SECONDS),
        "");
  }

  /** Ends at once, cutting what is open. */
  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
