package @package@;

import @package@.v1.@Name@ServiceRpc;
import io.fairlead.server.RpcServer;
import java.util.Map;

/** Serves the contract, until the process is told to end. */
public final class Server {
  private Server() {}

  public static void main(String[] args) throws InterruptedException {
    try (RpcServer server = builder(System.getenv()).shutdownHook().start()) {
      System.out.println("@name@ listens on port " + server.port());
      server.awaitClosed();
    }
  }

  /**
   * Describes the server.
   *
   * @param environment PORT is where it listens, 50051 if not set. REGISTRY is the URL of a
   *     registry that clients find it in, such as etcd://10.0.0.9:2379.
   */
  static RpcServer.Builder builder(Map<String, String> environment) {
    RpcServer.Builder server =
        RpcServer.builder("@name@")
            .port(port(environment.getOrDefault("PORT", "50051")))
            .service(@Name@ServiceRpc.bind(new Handler()));
    String registry = environment.getOrDefault("REGISTRY", "");
    return registry.isEmpty() ? server : server.registry(registry);
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException("PORT is \"" + text + "\"; use 0 to 65535");
  }
}
