package io.fairlead.registry.etcd;

import io.fairlead.discovery.Endpoint;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.time.Duration;

/** A process of its own, to be stopped and killed: a server, or the holder of a name. */
final class ServerProcess {
  private ServerProcess() {}

  /**
   * Says each state of its registration in a line, and ends with its parent.
   *
   * @param args etcd's endpoint, {@code server} or {@code exclusive}, and an id
   */
  public static void main(String[] args) throws IOException {
    try (EtcdRegistry registry =
        EtcdRegistry.builder().endpoints(args[0]).ttl(Duration.ofSeconds(3)).connect()) {
      if (args[1].equals("exclusive")) {
        ExclusiveRegistration held =
            registry.registerExclusively("boss", Endpoint.of(args[2], "10.0.0.1", 1));
        held.watch(status -> say(status.state() + " " + held.fencingToken().orElse(0)));
        awaitEnd();
      } else {
        try (RpcServer server =
            RpcServer.builder("shop")
                .service(Ping.service())
                .host("127.0.0.1")
                .id(args[2])
                .registry(registry)
                .start()) {
          server.registration().orElseThrow().watch(status -> say(status.state().toString()));
          awaitEnd();
        }
      }
    }
  }

  private static void say(String line) {
    System.out.println("state " + line);
    System.out.flush();
  }

  private static void awaitEnd() throws IOException {
    while (System.in.read() >= 0) {
      // Nothing is said to us; the end of the input is the end of our parent.
    }
  }
}
