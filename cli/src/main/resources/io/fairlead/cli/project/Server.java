package @package@;

import @package@.v1.@Name@ServiceRpc;
import io.fairlead.management.ManagementServer;
import io.fairlead.server.RpcServer;
import io.fairlead.starter.Settings;

/** Serves the contract, until the process is told to end. */
public final class Server {
  private Server() {}

  public static void main(String[] args) throws InterruptedException {
    Settings settings = Settings.fromEnvironment();
    try (RpcServer server = builder(settings).shutdownHook().start();
        ManagementServer pages =
            settings.management(server).map(ManagementServer.Builder::start).orElse(null)) {
      System.out.println("@name@ listens on port " + server.port());
      server.awaitClosed();
    }
  }

  /** Describes the server: what the code says, and over it what the environment says. */
  static RpcServer.Builder builder(Settings settings) {
    return settings.applyTo(
        RpcServer.builder("@name@")
            .port(50051)
            .service(@Name@ServiceRpc.bind(new Handler())));
  }
}
