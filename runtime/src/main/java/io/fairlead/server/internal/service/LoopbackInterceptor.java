package io.fairlead.server.internal.service;

import io.fairlead.lifecycle.BuiltInService;
import io.fairlead.server.internal.call.QuietClose;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Lets only peers on this machine see a service, so that tools there work with nothing configured.
 *
 * <p>Stands in front of the service itself, below the layer that offloads: its answer is one
 * comparison.
 */
final class LoopbackInterceptor implements ServerInterceptor {
  private final BuiltInService service;

  LoopbackInterceptor(BuiltInService service) {
    this.service = service;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (isLocal(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR))) {
      return next.startCall(call, headers);
    }
    QuietClose.closeQuietly(
        call,
        Status.PERMISSION_DENIED.withDescription(
            service.name().toLowerCase(Locale.ROOT)
                + " answers only peers on the server's own machine; to show it to others, start the"
                + " server with exposeBuiltInServices(BuiltInService."
                + service.name()
                + ")"));
    return QuietClose.noopListener();
  }

  /** A peer without an address of the network, such as one on a Unix socket, is local. */
  static boolean isLocal(@Nullable SocketAddress peer) {
    if (peer instanceof InetSocketAddress internet) {
      InetAddress address = internet.getAddress();
      return address != null && address.isLoopbackAddress();
    }
    return peer != null;
  }
}
