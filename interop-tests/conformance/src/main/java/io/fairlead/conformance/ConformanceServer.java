package io.fairlead.conformance;

import connectrpc.conformance.v1.ConformanceServiceRpc;
import connectrpc.conformance.v1.ServerCompat.ServerCompatRequest;
import connectrpc.conformance.v1.ServerCompat.ServerCompatResponse;
import io.fairlead.gateway.Contracts;
import io.fairlead.gateway.Gateway;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * The server under test. It is told on the standard input what to be, says on the standard output
 * where it listens, and serves until it is killed.
 *
 * <p>Its argument: {@code bind} for handlers that block, {@code bind-async} for handlers that do
 * not, either with {@code gateway-} before it for all protocols, {@code proxy-bind} for all
 * protocols before a further server, {@code stock} for grpc-java without Fairlead.
 */
public final class ConformanceServer {
  private static final String HOST = "127.0.0.1";

  private ConformanceServer() {}

  /** Starts it. */
  public static void main(String[] args) throws IOException, InterruptedException {
    ServerCompatRequest wanted = Delimited.read(System.in, ServerCompatRequest.parser());
    if (args.length != 1 || wanted == null) {
      System.err.println(
          "usage: ConformanceServer [gateway-]bind|[gateway-]bind-async|proxy-bind|stock <request");
      System.exit(2);
      return;
    }
    Warmup.server(start(args[0], ServerCompatRequest.getDefaultInstance()));
    int port = start(args[0], wanted);
    Delimited.write(
        ServerCompatResponse.newBuilder()
            .setHost(HOST)
            .setPort(port)
            .setPemCert(wanted.getServerCreds().getCert())
            .build(),
        System.out);
    // The runner kills it.
    new CountDownLatch(1).await();
  }

  private static int start(String mode, ServerCompatRequest wanted) throws IOException {
    return switch (mode) {
      case "bind", "gateway-bind" ->
          start(mode, wanted, ConformanceServiceRpc.bind(new BlockingService()));
      case "bind-async", "gateway-bind-async" ->
          start(mode, wanted, ConformanceServiceRpc.bindAsync(AsyncService::new));
      case "proxy-bind" -> startProxy(wanted);
      case "stock" -> StockServer.start(wanted, HOST);
      default -> throw new IllegalArgumentException("no such mode: " + mode);
    };
  }

  private static int start(String mode, ServerCompatRequest wanted, ServerServiceDefinition service)
      throws IOException {
    RpcServer.Builder builder =
        RpcServer.builder(ConformanceServiceRpc.SERVICE_NAME).host(HOST).service(service);
    if (mode.startsWith("gateway-")) {
      builder.gateway(Gateway.standard());
    }
    return start(builder, wanted);
  }

  /** The service is behind the server that is asked, and speaks gRPC alone. */
  private static int startProxy(ServerCompatRequest wanted) throws IOException {
    int behind =
        RpcServer.builder(ConformanceServiceRpc.SERVICE_NAME)
            .host(HOST)
            .service(ConformanceServiceRpc.bind(new BlockingService()))
            .start()
            .port();
    return start(
        RpcServer.builder("proxy")
            .host(HOST)
            .gateway(Gateway.proxy(HOST + ":" + behind, Contracts.reflection())),
        wanted);
  }

  private static int start(RpcServer.Builder builder, ServerCompatRequest wanted)
      throws IOException {
    if (wanted.getUseTls()) {
      Path chain = Pem.file(wanted.getServerCreds().getCert());
      Path key = Pem.file(Pem.pkcs8(wanted.getServerCreds().getKey()));
      if (wanted.getClientTlsCert().isEmpty()) {
        builder.tls(chain, key);
      } else {
        builder.tls(chain, key, Pem.file(wanted.getClientTlsCert()));
      }
    }
    MethodPolicy.Builder policy = MethodPolicy.builder().compression("gzip");
    if (wanted.getMessageReceiveLimit() != 0) {
      policy.maxRequestBytes(wanted.getMessageReceiveLimit());
    }
    return builder.policy("*", policy.build()).start().port();
  }
}
