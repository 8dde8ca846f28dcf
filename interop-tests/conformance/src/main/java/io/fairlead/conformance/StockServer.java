package io.fairlead.conformance;

import connectrpc.conformance.v1.ServerCompat.ServerCompatRequest;
import connectrpc.conformance.v1.Service.Header;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The control: grpc-java's own server, with nothing of Fairlead in it. */
final class StockServer {
  private static final Context.Key<StockCall<?, ?>> CALL = Context.key("call");

  private StockServer() {}

  /** Returns the port. */
  static int start(ServerCompatRequest wanted, String host) throws IOException {
    ServerBuilder<?> builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(host, 0), credentials(wanted))
            .addService(new StockService())
            .intercept(new Interceptor());
    if (wanted.getMessageReceiveLimit() != 0) {
      builder.maxInboundMessageSize(wanted.getMessageReceiveLimit());
    }
    Server server = builder.build().start();
    return server.getPort();
  }

  private static ServerCredentials credentials(ServerCompatRequest wanted) throws IOException {
    if (!wanted.getUseTls()) {
      return InsecureServerCredentials.create();
    }
    TlsServerCredentials.Builder tls =
        TlsServerCredentials.newBuilder()
            .keyManager(
                wanted.getServerCreds().getCert().newInput(),
                Pem.pkcs8(wanted.getServerCreds().getKey()).newInput());
    if (!wanted.getClientTlsCert().isEmpty()) {
      tls.trustManager(wanted.getClientTlsCert().newInput()).clientAuth(ClientAuth.REQUIRE);
    }
    return tls.build();
  }

  /** The call that is being served. */
  static StockCall<?, ?> call() {
    return CALL.get();
  }

  /** A stock handler sets headers and trailers through an interceptor. */
  private static final class Interceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      if ("gzip".equals(headers.get(Headers.text("grpc-encoding")))) {
        call.setCompression("gzip");
      }
      StockCall<Q, R> seen = new StockCall<>(call, headers);
      return Contexts.interceptCall(Context.current().withValue(CALL, seen), seen, headers, next);
    }
  }

  /** Sends the headers that the handler set, before the first message or when told to. */
  static final class StockCall<Q, R> extends SimpleForwardingServerCall<Q, R> implements Inbound {
    private final Metadata headers;
    private final Metadata responseHeaders = new Metadata();
    private final Metadata responseTrailers = new Metadata();
    private boolean sent;

    StockCall(ServerCall<Q, R> call, Metadata headers) {
      super(call);
      this.headers = headers;
    }

    @Override
    public Metadata headers() {
      return headers;
    }

    @Override
    public Optional<Duration> remaining() {
      return Optional.ofNullable(Context.current().getDeadline())
          .map(deadline -> Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)));
    }

    @Override
    public void answer(List<Header> given, List<Header> trailers) {
      Headers.put(given, responseHeaders);
      Headers.put(trailers, responseTrailers);
    }

    @Override
    public void sendHeadersNow() {
      sendHeaders(null);
    }

    @Override
    public void sendHeaders(@Nullable Metadata own) {
      if (!sent) {
        sent = true;
        super.sendHeaders(responseHeaders);
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!responseHeaders.keys().isEmpty()) {
        sendHeaders(null);
      }
      trailers.merge(responseTrailers);
      super.close(status, trailers);
    }
  }
}
