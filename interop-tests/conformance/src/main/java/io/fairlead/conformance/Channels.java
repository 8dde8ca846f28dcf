package io.fairlead.conformance;

import com.google.protobuf.ByteString;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ConfigOuterClass.Compression;
import connectrpc.conformance.v1.Service.Header;
import io.fairlead.CallSettings;
import io.fairlead.ResponseCapture;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.MethodPolicy;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The channels to the servers that cases name, one for each server. From any thread. */
final class Channels {
  private final Map<Server, RpcChannel> open = new HashMap<>();

  private record Server(String host, int port, ByteString trusted, ByteString certificate) {}

  /** A view of the server's channel with all that one case asks for. */
  Channel to(ClientCompatRequest wanted, ResponseCapture capture) throws IOException {
    CallSettings.Builder settings = CallSettings.builder().capture(capture);
    if (wanted.hasTimeoutMs()) {
      settings.deadline(Duration.ofMillis(wanted.getTimeoutMs()));
    }
    for (Header header : wanted.getRequestHeadersList()) {
      for (String value : header.getValueList()) {
        if (Headers.isBinary(header.getName())) {
          settings.header(Headers.binary(header.getName()), Headers.bytes(value));
        } else {
          settings.header(header.getName(), value);
        }
      }
    }
    MethodPolicy.Builder policy = MethodPolicy.builder();
    if (wanted.getCompression() == Compression.COMPRESSION_GZIP) {
      policy.compression("gzip");
    }
    if (wanted.getMessageReceiveLimit() != 0) {
      policy.maxResponseBytes(wanted.getMessageReceiveLimit());
    }
    return channel(wanted).with(settings.policy(policy.build()).build());
  }

  private synchronized RpcChannel channel(ClientCompatRequest wanted) throws IOException {
    Server server =
        new Server(
            wanted.getHost(),
            wanted.getPort(),
            wanted.getServerTlsCert(),
            wanted.getClientTlsCreds().getCert());
    RpcChannel channel = open.get(server);
    if (channel == null) {
      channel =
          RpcChannel.to(server.host() + ":" + server.port())
              .credentials(credentials(wanted))
              .build();
      channel.connect();
      awaitConnection(channel::state);
      open.put(server, channel);
    }
    return channel;
  }

  /**
   * Some cases give a call less time than a connection takes at first; as Go's client, it waits.
   */
  static void awaitConnection(Supplier<ConnectivityState> state) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    ConnectivityState now = state.get();
    while (now != ConnectivityState.READY
        && now != ConnectivityState.TRANSIENT_FAILURE
        && System.nanoTime() < end) {
      try {
        TimeUnit.MILLISECONDS.sleep(2);
      } catch (InterruptedException e) {
        throw new InterruptedIOException("interrupted while waiting for a connection");
      }
      now = state.get();
    }
  }

  /** Who the server must be, and who this client is. */
  static ChannelCredentials credentials(ClientCompatRequest wanted) throws IOException {
    if (wanted.getServerTlsCert().isEmpty()) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder tls =
        TlsChannelCredentials.newBuilder().trustManager(wanted.getServerTlsCert().newInput());
    if (wanted.hasClientTlsCreds()) {
      tls.keyManager(
          wanted.getClientTlsCreds().getCert().newInput(),
          Pem.pkcs8(wanted.getClientTlsCreds().getKey()).newInput());
    }
    return tls.build();
  }
}
