package io.fairlead.registry.etcd;

import com.google.common.util.concurrent.MoreExecutors;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** One connection to one endpoint, with the token it was given there. */
final class Session extends Channel {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> NEEDS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  private final String endpoint;
  private final ManagedChannel channel;
  private final Client jetcd;
  private volatile @Nullable String token;

  Session(String endpoint, ManagedChannel channel) {
    this.endpoint = endpoint;
    this.channel = channel;
    // The target is never asked for: every call is redirected.
    this.jetcd =
        Client.builder()
            .target("dns:///redirected.invalid:1")
            .executorService(MoreExecutors.newDirectExecutorService())
            .interceptor(new ChannelRedirectInterceptor(this))
            .waitForReady(false)
            .retryMaxAttempts(0)
            .build();
  }

  String endpoint() {
    return endpoint;
  }

  KV keys() {
    return jetcd.getKVClient();
  }

  Lease leases() {
    return jetcd.getLeaseClient();
  }

  /** None for an etcd that has its authentication off. */
  void setToken(@Nullable String newToken) {
    token = newToken;
  }

  boolean hasToken() {
    return token != null;
  }

  /** Returns the channel without the token, to fetch one. */
  Channel bare() {
    return channel;
  }

  /**
   * Calls back once, when the connection is not ready any more. A channel sends calls on a new
   * connection before it says that it is ready, so one that says CONNECTING may have been answered.
   */
  void whenLost(Runnable callback) {
    ConnectivityState state = channel.getState(false);
    switch (state) {
      case CONNECTING -> channel.notifyWhenStateChanged(state, () -> whenLost(callback));
      case READY -> channel.notifyWhenStateChanged(state, callback);
      case IDLE, TRANSIENT_FAILURE, SHUTDOWN -> callback.run();
    }
  }

  boolean isClosed() {
    return channel.isShutdown();
  }

  void close() {
    channel.shutdownNow();
    jetcd.close();
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return new SimpleForwardingClientCall<>(channel.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        String present = token;
        if (present != null) {
          headers.put(TOKEN, present);
        }
        // A member cut off from the others answers old data, or never: better that it refuses.
        headers.put(NEEDS_LEADER, "true");
        super.start(listener, headers);
      }
    };
  }

  @Override
  public String authority() {
    return channel.authority();
  }
}
