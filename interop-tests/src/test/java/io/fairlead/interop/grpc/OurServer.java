package io.fairlead.interop.grpc;

import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.testing.integration.TestServiceRpc;

/** Our implementation of {@code grpc.testing.TestService}, served by our runtime. */
final class OurServer implements AutoCloseable {
  /** For the case of the very large request; the contract is not ours, so it says nothing. */
  private static final MethodPolicy GENEROUS =
      MethodPolicy.builder().maxRequestBytes(16 << 20).build();

  private final RpcServer server;

  private OurServer(RpcServer server) {
    this.server = server;
  }

  static OurServer start(Security security) {
    LoadReporting load = new LoadReporting();
    return start(builder(security, TestServiceRpc.bind(new GoldenService(load)), load));
  }

  /** One that lets only those in who show a token. */
  static OurServer startGuarded(Security security, Tokens tokens) {
    LoadReporting load = new LoadReporting();
    return start(
        builder(security, TestServiceRpc.bind(new GoldenService(load)), load)
            .authorizer(tokens.authorizer()));
  }

  /** One that knows which messages were compressed, and compresses those that it is asked to. */
  static OurServer startWatchful(Security security) {
    LoadReporting load = new LoadReporting();
    ServerServiceDefinition service =
        Compression.seen(TestServiceRpc.bind(new GoldenService(load)));
    return start(builder(security, ServerInterceptors.intercept(service, new Compression()), load));
  }

  private static OurServer start(RpcServer.Builder builder) {
    return new OurServer(builder.start());
  }

  private static RpcServer.Builder builder(
      Security security, ServerServiceDefinition service, LoadReporting load) {
    RpcServer.Builder builder =
        RpcServer.builder("grpc.testing.TestService")
            .host("127.0.0.1")
            .service(service)
            .policy("grpc.testing.TestService/UnaryCall", GENEROUS)
            .service(load.service());
    if (security == Security.TLS) {
      builder.tls(Certificates.server(), Certificates.serverKey());
    }
    return builder;
  }

  String port() {
    return Integer.toString(server.port());
  }

  @Override
  public void close() {
    server.close();
  }
}
