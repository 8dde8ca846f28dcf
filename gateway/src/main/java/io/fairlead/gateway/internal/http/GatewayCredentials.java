package io.fairlead.gateway.internal.http;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.internal.ObjectPool;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.AsciiString;
import java.io.ByteArrayInputStream;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Credentials that let HTTP/1.1 in beside HTTP/2. grpc-java asks them for the first handler of each
 * connection; that is the whole seam.
 */
final class GatewayCredentials {
  private GatewayCredentials() {}

  static ServerCredentials of(ServerCredentials given, ConnectionSetup setup) {
    SslContext tls = null;
    if (given instanceof TlsServerCredentials with) {
      tls = context(with);
    } else if (!(given instanceof InsecureServerCredentials)) {
      throw new IllegalStateException(
          "a gateway cannot serve with credentials of "
              + given.getClass().getName()
              + "; give tls(...) files, or what TlsServerCredentials.newBuilder() makes");
    }
    return InternalNettyServerCredentials.create(new Factory(setup, tls));
  }

  private static SslContext context(TlsServerCredentials given) {
    try {
      SslContextBuilder builder = key(given);
      if (given.getTrustManagers() != null) {
        builder.trustManager(given.getTrustManagers().get(0));
      } else if (given.getRootCertificates() != null) {
        builder.trustManager(new ByteArrayInputStream(given.getRootCertificates()));
      }
      builder.clientAuth(
          switch (given.getClientAuth()) {
            case OPTIONAL -> ClientAuth.OPTIONAL;
            case REQUIRE -> ClientAuth.REQUIRE;
            case NONE -> ClientAuth.NONE;
          });
      return GrpcSslContexts.configure(builder)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_2,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (SSLException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static SslContextBuilder key(TlsServerCredentials given) {
    if (given.getKeyManagers() != null) {
      return SslContextBuilder.forServer(given.getKeyManagers().get(0));
    }
    return SslContextBuilder.forServer(
        new ByteArrayInputStream(given.getCertificateChain()),
        new ByteArrayInputStream(given.getPrivateKey()),
        given.getPrivateKeyPassword());
  }

  private record Factory(ConnectionSetup setup, @Nullable SslContext tls)
      implements InternalProtocolNegotiator.ServerFactory {
    @Override
    public InternalProtocolNegotiator.ProtocolNegotiator newNegotiator(
        ObjectPool<? extends Executor> offloads) {
      return tls == null ? new Plain(setup) : new Tls(setup, tls, offloads);
    }
  }

  private record Plain(ConnectionSetup setup)
      implements InternalProtocolNegotiator.ProtocolNegotiator {
    @Override
    public AsciiString scheme() {
      return AsciiString.of("http");
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
      return InternalProtocolNegotiators.waitUntilActiveHandler(
          new PrefaceHandler(setup, grpc), grpc.getNegotiationLogger());
    }

    @Override
    public void close() {}
  }

  private static final class Tls implements InternalProtocolNegotiator.ProtocolNegotiator {
    private final ConnectionSetup setup;
    private final SslContext context;
    private final @Nullable ObjectPool<? extends Executor> offloads;
    private @Nullable Executor offload;

    Tls(
        ConnectionSetup setup,
        SslContext context,
        @Nullable ObjectPool<? extends Executor> offloads) {
      this.setup = setup;
      this.context = context;
      this.offloads = offloads;
      this.offload = offloads == null ? null : offloads.getObject();
    }

    @Override
    public AsciiString scheme() {
      return AsciiString.of("https");
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
      return InternalProtocolNegotiators.waitUntilActiveHandler(
          new AlpnHandler(setup, grpc, context, offload), grpc.getNegotiationLogger());
    }

    @Override
    public void close() {
      if (offloads != null && offload != null) {
        offloads.returnObject(offload);
        offload = null;
      }
    }
  }
}
