package io.fairlead.gateway.internal.proxy;

import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.observe.StatusOrigin;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Forwards each call of one method: messages, headers, trailers, deadline and cancellation. A side
 * that does not read holds up the other one.
 */
final class ForwardingHandler implements ServerCallHandler<byte[], byte[]> {
  private static final System.Logger LOG = System.getLogger(ForwardingHandler.class.getName());

  private static final Metadata.Key<String> FORWARDED_FOR =
      Metadata.Key.of("x-forwarded-for", Metadata.ASCII_STRING_MARSHALLER);

  /** What a caller proves itself with. */
  private static final List<Metadata.Key<String>> CREDENTIALS =
      List.of(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
          Metadata.Key.of("cookie", Metadata.ASCII_STRING_MARSHALLER));

  private final MethodDescriptor<byte[], byte[]> method;
  private final Channel backend;
  private final boolean hashByCaller;
  private final boolean forwardsCredentials;

  /**
   * Makes the handler of a method.
   *
   * @param hashByCaller whether the address of the caller chooses the endpoint
   * @param forwardsCredentials whether the service gets the token and the cookies of the caller
   */
  ForwardingHandler(
      MethodDescriptor<byte[], byte[]> method,
      Channel backend,
      boolean hashByCaller,
      boolean forwardsCredentials) {
    this.method = method;
    this.backend = backend;
    this.hashByCaller = hashByCaller;
    this.forwardsCredentials = forwardsCredentials;
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> caller, Metadata given) {
    Metadata headers = new Metadata();
    headers.merge(given);
    if (!forwardsCredentials) {
      CREDENTIALS.forEach(headers::discardAll);
    }
    String host = host(caller.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    addCaller(headers, host);
    Deadline deadline = Context.current().getDeadline();
    CallOptions options =
        deadline == null ? CallOptions.DEFAULT : CallOptions.DEFAULT.withDeadline(deadline);
    if (hashByCaller && host != null) {
      options = CallSettings.builder().hashKey(host).build().addTo(options);
    }
    ForwardedCall call = new ForwardedCall(caller, backend.newCall(method, options));
    call.start(headers);
    return call.fromCaller;
  }

  private static @Nullable String host(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : null;
  }

  /** Adds who called, behind what a proxy before this one has said. */
  private static void addCaller(Metadata headers, @Nullable String host) {
    if (host == null) {
      return;
    }
    StringBuilder all = new StringBuilder();
    Iterable<String> before = headers.removeAll(FORWARDED_FOR);
    if (before != null) {
      before.forEach(each -> all.append(each).append(", "));
    }
    headers.put(FORWARDED_FOR, all.append(host).toString());
  }

  /**
   * One call. The callbacks of each side come one at a time, those of both sides at the same time;
   * the fields are guarded by the monitor.
   */
  private final class ForwardedCall {
    private final ServerCall<byte[], byte[]> caller;
    private final ClientCall<byte[], byte[]> callee;

    /** The caller may send its next message when the callee can take it. */
    private boolean callerWaits;

    /** The callee may send its next message when the caller can take it. */
    private boolean calleeWaits;

    ForwardedCall(ServerCall<byte[], byte[]> caller, ClientCall<byte[], byte[]> callee) {
      this.caller = caller;
      this.callee = callee;
    }

    void start(Metadata headers) {
      callee.start(fromCallee, headers);
      // One more than the only one, so that a second is noticed.
      callee.request(method.getType().serverSendsOneMessage() ? 2 : 1);
      caller.request(method.getType().clientSendsOneMessage() ? 2 : 1);
    }

    private final ServerCall.Listener<byte[]> fromCaller =
        new ServerCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            callee.sendMessage(message);
            if (!method.getType().clientSendsOneMessage()) {
              askCaller();
            }
          }

          @Override
          public void onHalfClose() {
            callee.halfClose();
          }

          @Override
          public void onCancel() {
            callee.cancel("the caller of the gateway has gone or has cancelled", null);
          }

          @Override
          public void onReady() {
            synchronized (ForwardedCall.this) {
              if (!calleeWaits) {
                return;
              }
              calleeWaits = false;
            }
            callee.request(1);
          }
        };

    private void askCaller() {
      synchronized (this) {
        if (!callee.isReady()) {
          callerWaits = true;
          return;
        }
      }
      caller.request(1);
    }

    private final ClientCall.Listener<byte[]> fromCallee =
        new ClientCall.Listener<>() {
          @Override
          public void onHeaders(Metadata headers) {
            caller.sendHeaders(headers);
          }

          @Override
          public void onMessage(byte[] message) {
            caller.sendMessage(message);
            if (!method.getType().serverSendsOneMessage()) {
              askCallee();
            }
          }

          @Override
          public void onReady() {
            synchronized (ForwardedCall.this) {
              if (!callerWaits) {
                return;
              }
              callerWaits = false;
            }
            caller.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (caller.isCancelled()) {
              return;
            }
            if (isLocal(status, trailers)) {
              caller.close(forOutside(status), new Metadata());
            } else {
              caller.close(status, trailers);
            }
          }
        };

    private void askCallee() {
      synchronized (this) {
        if (!caller.isReady()) {
          calleeWaits = true;
          return;
        }
      }
      callee.request(1);
    }
  }

  private boolean isLocal(Status status, Metadata trailers) {
    return !status.isOk()
        && RpcException.of(method.getFullMethodName(), status, trailers, StatusOrigin.WIRE).origin()
            == StatusOrigin.LOCAL;
  }

  /** What failed on this side tells of addresses, which are nobody's business outside. */
  private Status forOutside(Status status) {
    LOG.log(
        System.Logger.Level.DEBUG,
        "a call of {0} failed in the gateway: {1}",
        method.getFullMethodName(),
        status);
    return Status.fromCode(status.getCode())
        .withDescription(
            switch (status.getCode()) {
              case UNAVAILABLE -> "the service of " + name() + " cannot be reached";
              case DEADLINE_EXCEEDED -> "the deadline passed before " + name() + " had answered";
              case RESOURCE_EXHAUSTED -> "a message of " + name() + " is too large to forward";
              default -> "the call of " + name() + " failed on its way to the service";
            });
  }

  private String name() {
    return method.getFullMethodName();
  }
}
