package demo;

import io.fairlead.interop.depot.Depot;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.server.RpcServer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** What docs/spring-boot.md shows: a server that lives with the context. */
@SpringBootApplication
public class Application {
  public static void main(String[] arguments) {
    SpringApplication.run(Application.class, arguments);
  }

  @Component
  static class FairleadServer implements SmartLifecycle {
    private volatile RpcServer server;

    @Override
    public void start() {
      server =
          RpcServer.builder("depot")
              .host("127.0.0.1")
              .port(0)
              .service(DepotRpc.bind(new Depot() {}))
              .start();
    }

    @Override
    public void stop() {
      RpcServer running = server;
      server = null;
      running.close();
    }

    @Override
    public boolean isRunning() {
      return server != null;
    }

    @Override
    public int getPhase() {
      return DEFAULT_PHASE;
    }
  }
}
