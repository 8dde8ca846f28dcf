package io.fairlead.gateway;

import io.fairlead.server.RpcServer;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts a gateway as a process of its own, before services of other processes. {@code --help}
 * lists its arguments.
 */
public final class GatewayMain {
  private GatewayMain() {}

  /** Starts it, and returns after SIGTERM, when the calls under way are answered. */
  public static void main(String[] args) throws InterruptedException {
    if (List.of(args).contains("--help")) {
      System.out.print(GatewayArguments.HELP);
      return;
    }
    RpcServer server = start(args, System.err);
    if (server == null) {
      System.exit(2);
      return;
    }
    System.out.println("listening on port " + server.port() + "; stop with SIGTERM or Ctrl-C");
    server.awaitClosed();
  }

  /** Starts a server; null if it cannot start, with the reason on the given stream. */
  static @Nullable RpcServer start(String[] args, PrintStream err) {
    GatewayArguments arguments;
    try {
      arguments = GatewayArguments.parse(args);
    } catch (IllegalArgumentException e) {
      err.println("fairlead gateway: " + e.getMessage() + "; --help lists all arguments");
      return null;
    }
    try {
      return server(arguments).start();
    } catch (IllegalArgumentException | IllegalStateException e) {
      err.println("fairlead gateway: " + e.getMessage());
      return null;
    }
  }

  private static RpcServer.Builder server(GatewayArguments arguments) {
    RpcServer.Builder server =
        RpcServer.builder("gateway")
            .port(arguments.port())
            .gateway(gateway(arguments))
            .shutdownHook();
    if (arguments.host() != null) {
      server.host(arguments.host());
    }
    if (arguments.maxCalls() > 0) {
      server.limits(limits -> limits.maxConcurrentCalls(arguments.maxCalls()));
    }
    Path certificate = arguments.certificate();
    Path key = arguments.key();
    Path clients = arguments.clients();
    if (certificate != null && key != null) {
      if (clients == null) {
        server.tls(certificate, key);
      } else {
        server.tls(certificate, key, clients);
      }
    }
    return server;
  }

  private static Gateway gateway(GatewayArguments arguments) {
    Gateway.Builder gateway =
        Gateway.builder()
            .reload(arguments.reload())
            .allowOrigins(arguments.origins().toArray(String[]::new));
    for (String target : arguments.targets()) {
      gateway.forward(target, arguments.contracts());
    }
    if (arguments.registry() != null) {
      gateway.forwardAll(arguments.registry(), arguments.prefix(), arguments.contracts());
    }
    Path authority = arguments.targetAuthority();
    if (authority != null) {
      ChannelCredentials credentials = trusting(authority);
      gateway.channels(channel -> channel.credentials(credentials));
    }
    return gateway.build();
  }

  private static ChannelCredentials trusting(Path authority) {
    try {
      return TlsChannelCredentials.newBuilder().trustManager(authority.toFile()).build();
    } catch (IOException e) {
      throw new IllegalArgumentException("--target-ca cannot be read: " + e, e);
    }
  }
}
