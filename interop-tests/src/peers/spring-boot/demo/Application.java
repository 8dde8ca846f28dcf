package demo;

import io.fairlead.client.RpcChannel;
import io.fairlead.interop.depot.Depot;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.interop.depot.StoreReply;
import io.fairlead.interop.depot.StoreRequest;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.Telemetry;
import io.fairlead.telemetry.micrometer.MicrometerMetrics;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.stereotype.Component;

/** What docs/spring-boot.md shows: a server that lives with the context, and its metrics. */
@SpringBootApplication
public class Application {
  public static void main(String[] arguments) {
    SpringApplication.run(Application.class, arguments);
  }

  @Bean
  Telemetry telemetry() {
    return Telemetry.create();
  }

  @Bean
  MicrometerMetrics fairleadMetrics(Telemetry telemetry) {
    return MicrometerMetrics.create(telemetry);
  }

  /** Makes a call, and prints what the registry of Spring Boot has of it on both sides. */
  @Bean
  ApplicationRunner metersOfACall(
      FairleadServer server, Telemetry telemetry, MeterRegistry meters) {
    return arguments -> {
      try (RpcChannel channel =
          RpcChannel.to("127.0.0.1:" + server.port()).observer(telemetry).build()) {
        DepotRpc.client(channel).store(StoreRequest.newBuilder().setText("pan").build());
      }
      for (String name : new String[] {"grpc.server.call.duration", "grpc.client.call.duration"}) {
        FunctionTimer timer = null;
        while (timer == null) {
          // A method appears with the first reading after its first call.
          meters.get("fairlead.telemetry.series").gauge().value();
          timer = meters.find(name).tag("grpc.status", "OK").functionTimer();
          Thread.sleep(100);
        }
        System.out.println(
            "meter " + name + " " + timer.getId().getTag("grpc.method") + " " + timer.count());
      }
    };
  }

  @Component
  static class FairleadServer implements SmartLifecycle {
    private final Telemetry telemetry;
    private volatile RpcServer server;

    FairleadServer(Telemetry telemetry) {
      this.telemetry = telemetry;
    }

    int port() {
      return server.port();
    }

    @Override
    public void start() {
      server =
          RpcServer.builder("depot")
              .host("127.0.0.1")
              .port(0)
              .service(
                  DepotRpc.bind(
                      new Depot() {
                        @Override
                        public StoreReply store(StoreRequest request) {
                          return StoreReply.getDefaultInstance();
                        }
                      }))
              .observer(telemetry)
              .start();
      telemetry.watch(server);
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
