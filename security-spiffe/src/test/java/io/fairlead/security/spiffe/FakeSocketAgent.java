package io.fairlead.security.spiffe;

import io.fairlead.security.spiffe.internal.SpiffeWorkloadAPIRpc;
import io.fairlead.security.spiffe.internal.X509SVIDRequest;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An agent on a Unix-domain socket that says what the test tells it to, to all who ask. */
final class FakeSocketAgent implements AutoCloseable {
  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of("workload.spiffe.io", Metadata.ASCII_STRING_MARSHALLER);

  private final Path socket;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Set<ServerCall<X509SVIDRequest, X509SVIDResponse>> open = new HashSet<>();
  private @Nullable X509SVIDResponse present;
  private @Nullable Status refusal;
  private int asked;
  private @Nullable Server server;

  FakeSocketAgent(Path socket) {
    this.socket = socket;
  }

  String address() {
    return "unix://" + socket;
  }

  FakeSocketAgent start() {
    MethodDescriptor<X509SVIDRequest, X509SVIDResponse> method =
        SpiffeWorkloadAPIRpc.FETCH_X509_SVID.descriptor();
    try {
      server =
          NettyServerBuilder.forAddress(
                  UnixDomainSocketAddress.of(socket), InsecureServerCredentials.create())
              .channelType(NioServerDomainSocketChannel.class)
              .bossEventLoopGroup(loops)
              .workerEventLoopGroup(loops)
              // It is for TCP, and Netty would warn of it.
              .withChildOption(ChannelOption.SO_KEEPALIVE, null)
              .directExecutor()
              .addService(
                  ServerServiceDefinition.builder("SpiffeWorkloadAPI")
                      .addMethod(method, new Handler())
                      .build())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Dies like a process: its streams break, and its socket is gone. */
  void die() throws IOException {
    if (server != null) {
      server.shutdownNow();
    }
    Files.deleteIfExists(socket);
  }

  synchronized void say(X509SVIDResponse response) {
    present = response;
    open.forEach(call -> call.sendMessage(response));
  }

  synchronized void refuse(Status status) {
    refusal = status;
  }

  synchronized int asked() {
    return asked;
  }

  private final class Handler implements ServerCallHandler<X509SVIDRequest, X509SVIDResponse> {
    @Override
    public ServerCall.Listener<X509SVIDRequest> startCall(
        ServerCall<X509SVIDRequest, X509SVIDResponse> call, Metadata headers) {
      synchronized (FakeSocketAgent.this) {
        asked++;
        call.request(2);
        if (!"true".equals(headers.get(HEADER))) {
          call.close(Status.INVALID_ARGUMENT.withDescription("no header"), new Metadata());
        } else if (refusal != null) {
          call.close(refusal, new Metadata());
        } else {
          call.sendHeaders(new Metadata());
          open.add(call);
          if (present != null) {
            call.sendMessage(present);
          }
        }
      }
      return new ServerCall.Listener<>() {
        @Override
        public void onCancel() {
          synchronized (FakeSocketAgent.this) {
            open.remove(call);
          }
        }
      };
    }
  }

  @Override
  public void close() throws IOException {
    die();
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
