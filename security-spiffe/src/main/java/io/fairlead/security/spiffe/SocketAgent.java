package io.fairlead.security.spiffe;

import io.fairlead.security.spiffe.internal.SpiffeWorkloadAPIRpc;
import io.fairlead.security.spiffe.internal.X509SVIDRequest;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The agent behind a Unix-domain socket. Each stream has a connection of its own: a channel that
 * could not connect waits longer and longer by itself, and when to try again is for {@link
 * SpiffeSource} to decide.
 *
 * <p>The sockets are those of the JDK, on one thread, {@code fairlead-spiffe-…}.
 */
final class SocketAgent implements Agent {
  /** Without it an agent answers INVALID_ARGUMENT: a browser cannot be made to send it. */
  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of("workload.spiffe.io", Metadata.ASCII_STRING_MARSHALLER);

  private static final int MAX_MESSAGE_BYTES = 4 << 20;
  private static final int MAX_CAUSES = 20;

  private final Path socket;
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("fairlead-spiffe", true), NioIoHandler.newFactory());

  SocketAgent(Path socket) {
    this.socket = socket;
  }

  @Override
  public Stream open(Listener listener) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                UnixDomainSocketAddress.of(socket), InsecureChannelCredentials.create())
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .eventLoopGroup(loop)
            // It is for TCP, and Netty would warn of it at each connection.
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .directExecutor()
            .disableRetry()
            .build();
    ClientCall<X509SVIDRequest, X509SVIDResponse> call =
        channel.newCall(SpiffeWorkloadAPIRpc.FETCH_X509_SVID.descriptor(), CallOptions.DEFAULT);
    Metadata headers = new Metadata();
    headers.put(HEADER, "true");
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(X509SVIDResponse response) {
            call.request(1);
            listener.received(response);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            channel.shutdownNow();
            listener.ended(reason(status));
          }
        },
        headers);
    call.request(1);
    call.sendMessage(X509SVIDRequest.getDefaultInstance());
    call.halfClose();
    return channel::shutdownNow;
  }

  private String reason(Status status) {
    return reason(socket, Files.exists(socket), status);
  }

  /** Says what an operator can do about it. */
  static String reason(Path socket, boolean exists, Status status) {
    if (!exists) {
      return "there is no socket "
          + socket
          + "; start the agent, mount its socket, or set SPIFFE_ENDPOINT_SOCKET";
    }
    String why = status.getDescription() == null ? "" : ": " + status.getDescription();
    return switch (status.getCode()) {
      case PERMISSION_DENIED ->
          "the agent at "
              + socket
              + " has no certificate for this process"
              + why
              + "; register the workload, and check that its selectors fit";
      case OK -> "the agent at " + socket + " ended the stream";
      case UNIMPLEMENTED -> socket + " is no Workload API of SPIFFE" + why;
      case UNAVAILABLE -> unavailable(socket, status);
      default -> "the agent at " + socket + " failed with " + status.getCode() + why;
    };
  }

  private static String unavailable(Path socket, Status status) {
    Throwable cause = status.getCause();
    String text = String.valueOf(status.getDescription());
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
      text = String.valueOf(cause.getMessage());
      cause = cause.getCause();
    }
    if (text.contains("Permission denied")) {
      return "this user may not connect to " + socket + "; give it write permission on the socket";
    }
    if (text.contains("Connection refused")) {
      return "nobody listens at " + socket + "; start the agent";
    }
    return "the agent at " + socket + " cannot be reached: " + text;
  }

  @Override
  public void close() {
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
