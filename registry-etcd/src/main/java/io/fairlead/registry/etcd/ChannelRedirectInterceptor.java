package io.fairlead.registry.etcd;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/**
 * Sends what jetcd asks over a channel of ours in place of its own, hidden one, whose pauses
 * between attempts to connect grow to two minutes and cannot be cut short.
 */
final class ChannelRedirectInterceptor implements ClientInterceptor {
  /** Marks a status that carries the true one as its cause. */
  static final String HIDDEN = "fairlead: the cause has the status";

  private final Channel target;

  ChannelRedirectInterceptor(Channel target) {
    this.target = target;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel jetcdsOwn) {
    return new SimpleForwardingClientCall<>(target.newCall(method, options.withoutWaitForReady())) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        super.start(new HidingListener<>(listener), headers);
      }
    };
  }

  /** Hides the status from jetcd, which would retry and log at each attempt on its own. */
  private static final class HidingListener<R> extends SimpleForwardingClientCallListener<R> {
    HidingListener(ClientCall.Listener<R> delegate) {
      super(delegate);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      Status seen =
          status.isOk()
              ? status
              : Status.UNKNOWN.withDescription(HIDDEN).withCause(status.asRuntimeException());
      super.onClose(seen, trailers);
    }
  }
}
